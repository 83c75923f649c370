"""Table 2 on a terminal: marks and their caption, which say the same without colour."""

from typing import Any

import pytest

from gossamer.cli.table2 import caption, table_2
from gossamer.study.record import Results, decode
from tests.made_up_results import made_up_results


@pytest.fixture
def results() -> dict[str, Any]:
    """Six cells: the selected one, two that do not differ significantly, three that do."""
    made = made_up_results(parameters=1, model="")
    made["data"]["class_sizes"] = {"smallest": 50, "largest": 50}
    return made


def printed(results: dict[str, Any]) -> list[list[str]]:
    table = table_2(decode(Results, results))
    return [[column.text(row) for column in table.columns] for row in table.rows]


def said(results: dict[str, Any]) -> str:
    return caption(decode(Results, results))


def headings(results: dict[str, Any]) -> list[str]:
    return [column.name for column in table_2(decode(Results, results)).columns]


def test_the_selected_and_the_not_significant_are_marked(results: dict[str, Any]) -> None:
    rows = printed(results)
    assert [row[0] for row in rows] == ["*", "~", "~", "", "", ""]
    assert [row[1:3] for row in rows[:3]] == [["0.001", "32"], ["0.001", "64"], ["0.001", "128"]]
    assert rows[0][3] == "0.2513 \N{PLUS-MINUS SIGN} 0.0013"
    assert rows[0][5] == "0.2652"  # the report's


def test_the_caption_says_the_marks_in_words(results: dict[str, Any]) -> None:
    assert said(results) == (
        "* selected by loss; ~ not significantly different (corrected t-test, Holm's p >= 0.05)."
        " Last epoch's means over 3 folds, +- their spread."
    )


def test_no_mark_without_a_setting_that_has_it(results: dict[str, Any]) -> None:
    results["selection"]["not_significant"] = []
    assert not any("~" in row[0] for row in printed(results))
    assert "; significantly different from every other (corrected t-test, Holm's p < 0.05)." in said(results)
    results["selection"]["comparisons"] = []  # a cell alone
    assert "significant" not in said(results)


def test_a_setting_that_learned_nothing_is_marked(results: dict[str, Any]) -> None:
    results["search"]["cells"][2]["one_class_folds"] = 2
    assert printed(results)[2][0] == "~!"
    assert "! predicts one class only in a fold or more (1 setting): nothing was learned" in said(results)


def test_repeats_and_other_conditions_than_the_reports_are_said(results: dict[str, Any]) -> None:
    results["search"]["repeats"] = 3
    results["data"]["train"] = 100
    assert "means over 3 folds in 3 repeats" in said(results)
    assert said(results).endswith("The report used 60,000 training images, this study 100.")


def test_hold_outs_are_called_so_and_one_has_no_spread(results: dict[str, Any]) -> None:
    results["search"].update(folds=1, repeats=3, holdout=0.2)
    assert said(results).endswith("Last epoch's means over 3 hold-outs, +- their spread.")
    results["search"]["repeats"] = 1
    results["selection"].update(comparisons=None, not_significant=None)
    assert said(results) == (
        "* selected by loss; none compared with it, for there is one figure of each and no spread."
        " Last epoch's figures on one hold-out."
    )


def test_every_value_that_varies_has_a_column(results: dict[str, Any]) -> None:
    assert headings(results)[1:3] == ["learning rate", "batch size"]
    for cell in results["search"]["cells"]:
        cell["setting"] |= {"ema": 0.0, "label_smoothing": 0.1 * (cell["setting"]["batch_size"] == 64)}
    results["selection"]["setting"] = results["search"]["cells"][0]["setting"]
    assert headings(results)[1:4] == ["learning rate", "batch size", "label smoothing"]
    assert [row[3] for row in printed(results)[:2]] == ["0", "0.1"]


@pytest.mark.parametrize("largest", [75, 76])
def test_balanced_accuracy_and_macro_f1_stand_where_classes_are_uneven(
    results: dict[str, Any], largest: int
) -> None:
    results["data"]["class_sizes"]["largest"] = largest
    there = headings(results)
    assert ("balanced acc." in there) == ("macro-F1" in there) == (largest > 75)
