"""results.json and search.csv: settings that do not differ significantly, and folds that were repeated."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel

from gossamer.report import write_report
from gossamer.search import RULES, Cell, run_search
from gossamer.study import SearchSettings, Study, StudyFolder, change_study, plan_study, run_study

METRICS = {
    "loss": "val_loss",
    "accuracy": "val_accuracy",
    "balanced-accuracy": "val_balanced_accuracy",
    "macro-f1": "val_macro_f1",
    "one-se": "val_loss",
}

Found = Callable[..., dict[str, Any]]


@pytest.fixture
def found(study: Study, tmp_path: Path) -> Found:
    """Runs the study with changes, and gives its results as the file holds them."""

    def run(changes: dict[str, Any] | None = None) -> dict[str, Any]:
        run_study(plan_study(change_study(study, changes or {})), StudyFolder(tmp_path / "a"))
        return dict(json.loads((tmp_path / "a" / "results.json").read_text()))

    return run


def setting(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record["setting"].values())


def folds_of(results: dict[str, Any], of: dict[str, Any], name: str) -> list[float]:
    cell = next(cell for cell in results["search"]["cells"] if setting(cell) == setting(of))
    return [fold[name] for fold in cell["folds"]]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("repeats", [1, 3])
def test_the_comparisons_agree_with_the_folds(found: Found, rule: str, repeats: int) -> None:
    results = found({"search.select": rule, "search.repeats": repeats})
    selection, cells = results["selection"], results["search"]["cells"]
    assert selection["rule"] == rule
    assert selection["metric"] == METRICS[rule]
    assert [setting(each) for each in selection["comparisons"]] == [
        setting(cell) for cell in cells if setting(cell) != setting(selection)
    ]
    sign = 1 if METRICS[rule] == "val_loss" else -1
    for each in selection["comparisons"]:
        theirs, ours = (folds_of(results, of, selection["metric"]) for of in (each, selection))
        differences = sign * (np.array(theirs) - np.array(ours))
        assert len(differences) == 2 * repeats
        assert each["difference"] == pytest.approx(differences.mean())
        if np.ptp(differences) > 1e-9:
            # two folds, so as many images validated on as trained on: 1 / J + 1 in place of 1 / J
            plain = ttest_rel(theirs, ours).confidence_interval(0.95)
            wider = (1 + 2 * repeats) ** 0.5
            assert each["high"] - each["low"] == pytest.approx(wider * (plain.high - plain.low))
        assert each["p"] <= each["p_holm"] <= 1
        assert each["significant"] == (each["p_holm"] < 0.05)
    assert selection["not_significant"] == [
        each["setting"] for each in selection["comparisons"] if not each["significant"]
    ]


def test_every_repeat_has_its_folds_in_the_results_and_the_table(
    found: Found, study: Study, tmp_path: Path
) -> None:
    once = found()
    repeated = replace(study, search=replace(study.search, repeats=3))
    run_study(plan_study(repeated), StudyFolder(tmp_path / "b"))
    thrice = json.loads((tmp_path / "b" / "results.json").read_text())
    assert (thrice["search"]["folds"], thrice["search"]["repeats"]) == (2, 3)
    for one, three in zip(once["search"]["cells"], thrice["search"]["cells"], strict=True):
        assert len(three["folds"]) == 6
        assert three["folds"][:2] == one["folds"]  # the first repeat is the study without repeats
        for name in ("val_loss", "val_accuracy"):
            figures = [fold[name] for fold in three["folds"]]
            assert three[f"mean_{name}"] == pytest.approx(np.mean(figures))
            assert three[f"std_{name}"] == pytest.approx(np.std(figures, ddof=1))
    rows = list(csv.DictReader(StringIO((tmp_path / "b" / "search.csv").read_text())))
    for row, cell in zip(rows, thrice["search"]["cells"], strict=True):
        assert [name for name in row if name.startswith("split") and name.endswith("_val_loss")] == [
            f"split{i}_val_loss" for i in range(6)
        ]
        assert [float(row[f"split{i}_val_accuracy"]) for i in range(6)] == [
            fold["val_accuracy"] for fold in cell["folds"]
        ]
        assert float(row["std_val_accuracy"]) == cell["std_val_accuracy"]


def test_a_cell_alone_is_compared_with_none(found: Found, tmp_path: Path) -> None:
    selection = found({"training.learning_rate": 0.1, "training.batch_size": 4})["selection"]
    assert selection["comparisons"] == selection["not_significant"] == []
    assert write_report(StudyFolder(tmp_path / "a")).exists()


def test_a_diverged_cell_is_not_compared(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*words: Any, **options: Any) -> list[Cell]:
        """The search, but the first cell's last fold has diverged."""
        first, *others = run_search(*words, **options)
        *histories, (*before, last) = first.histories
        diverged = (*before, replace(last, val_loss=nan))
        return [replace(first, histories=(*histories, diverged)), *others]

    monkeypatch.setattr("gossamer.study.flow.run_search", search)
    results = found()
    first, *others = results["search"]["cells"]
    assert first["mean_val_loss"] is None
    assert {setting(each) for each in [results["selection"], *results["selection"]["comparisons"]]} == {
        setting(cell) for cell in others
    }
    assert write_report(StudyFolder(tmp_path / "a")).exists()


def test_one_standard_error_is_a_setting(study: Study) -> None:
    assert SearchSettings(select="one-se").select == "one-se"
