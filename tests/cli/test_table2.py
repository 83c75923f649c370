"""Table 2 on a terminal: marks and their caption, which say the same without colour."""

from typing import Any

import pytest
from rich.console import Console

from gossamer.cli.table2 import table_2


def setting(rate: float) -> dict[str, Any]:
    return {"layers": "dense", "learning_rate": rate, "batch_size": 32}


@pytest.fixture
def results() -> dict[str, Any]:
    """Three cells: the selected one, one that does not differ significantly, one that does."""
    figures = {"mean_val_loss": 0.3, "std_val_loss": 0.01, "mean_val_accuracy": 0.9, "std_val_accuracy": 0.02}
    for name in ("balanced_accuracy", "macro_f1"):
        figures |= {f"mean_val_{name}": 0.7, f"std_val_{name}": 0.03}
    return {
        "data": {"train": 100, "class_sizes": {"smallest": 50, "largest": 50}},
        "search": {
            "folds": 5,
            "rungs": [{}],
            "repeats": 1,
            "cells": [setting(rate) | figures | {"published": None} for rate in (0.1, 0.2, 0.3)],
        },
        "selection": setting(0.1)
        | {
            "rule": "loss",
            "comparisons": [setting(0.2) | {"significant": False}, setting(0.3) | {"significant": True}],
            "not_significant": [setting(0.2)],
        },
    }


def printed(results: dict[str, Any]) -> list[str]:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(table_2(results))
    return capture.get().splitlines()


def test_the_selected_and_the_not_significant_are_marked(results: dict[str, Any]) -> None:
    lines = printed(results)
    marks = [line.split("│")[1].split() for line in lines if "0.3000" in line]
    assert marks == [["*", "0.1"], ["~", "0.2"], ["0.3"]]


def test_the_caption_says_the_marks_in_words(results: dict[str, Any]) -> None:
    assert " ".join(" ".join(printed(results)).split()).endswith(
        "* selected by loss; ~ not significantly different (corrected t-test, Holm's p >= 0.05)."
        " Last epoch's means over 5 folds, +- their spread."
    )


def test_no_mark_without_a_setting_that_has_it(results: dict[str, Any]) -> None:
    results["selection"]["not_significant"] = []
    text = " ".join(" ".join(printed(results)).split())
    assert "~" not in text
    assert (
        "* selected by loss; significantly different from every other (corrected t-test, Holm's p < 0.05)."
        in text
    )
    results["selection"]["comparisons"] = []  # a cell alone
    assert "significant" not in " ".join(printed(results))


def test_a_setting_that_learned_nothing_is_marked(results: dict[str, Any]) -> None:
    results["search"]["cells"][2]["one_class_folds"] = 2
    lines = printed(results)
    assert [line.split("│")[1].split() for line in lines if "0.3000" in line][2] == ["!", "0.3"]
    said = "! predicts one class only in a fold or more (1 setting): nothing was learned"
    assert said in " ".join(" ".join(lines).split())


def test_repeats_are_said(results: dict[str, Any]) -> None:
    results["search"]["repeats"] = 3
    assert "means over 5 folds in 3 repeats" in " ".join(" ".join(printed(results)).split())


@pytest.mark.parametrize("largest", [75, 76])
def test_balanced_accuracy_and_macro_f1_stand_where_classes_are_uneven(
    results: dict[str, Any], largest: int
) -> None:
    results["data"]["class_sizes"]["largest"] = largest
    lines = "\n".join(printed(results))
    assert ("balanced acc." in lines) == ("macro-F1" in lines) == ("0.7000" in lines) == (largest > 75)
