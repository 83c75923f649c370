"""Nested cross validation: every image is scored once, by a procedure that never saw it."""

import json
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest

from gossamer.search import Journal
from gossamer.study import Study, StudyFolder, plan_study, preview_study, run_study
from gossamer.study import events as told
from gossamer.study.events import Event


@pytest.fixture
def nested(study: Study) -> Study:
    """Two outer folds of two inner ones; plain folds, since six images in three classes have none else."""
    return replace(study, search=replace(study.search, nested=True, stratified=False))


def results(path: Path) -> Any:
    return json.loads((path / "results.json").read_text())


def test_no_fit_of_an_outer_fold_touches_it(nested: Study) -> None:
    plan = plan_study(nested)
    scored = np.concatenate([outer.rows for outer in plan.outer])
    assert sorted(scored.tolist()) == list(range(12))  # every image once
    for outer in plan.outer:
        final = outer.procedure.final_split
        fits = [fit.split for fit in outer.procedure.search.all_fits]
        assert len(fits) == 8
        for split in [*fits, final]:
            seen = np.concatenate([split.train, split.validation])
            assert len(seen) == len(set(seen)) == 6
            assert not set(seen) & set(outer.rows)


def test_the_outer_fits_are_fits_of_their_own(nested: Study) -> None:
    plan = plan_study(nested)
    keys = [fit.key for fit in plan.search.all_fits]
    keys += [fit.key for outer in plan.outer for fit in outer.procedure.search.all_fits]
    assert len(keys) == len(set(keys)) == 24


def test_the_study_itself_is_the_same_with_and_without(nested: Study, tmp_path: Path) -> None:
    plain = replace(nested, search=replace(nested.search, nested=False))
    run_study(plan_study(plain), StudyFolder(tmp_path / "plain"))
    run_study(plan_study(nested), StudyFolder(tmp_path / "nested"))
    with_it, without = results(tmp_path / "nested"), results(tmp_path / "plain")
    assert without.pop("nested") is None
    found = with_it.pop("nested")
    assert with_it == without
    accuracies = [fold["accuracy"] for fold in found["folds"]]
    assert [fold["correct"] / fold["n"] for fold in found["folds"]] == accuracies
    assert [fold["n"] for fold in found["folds"]] == [6, 6]
    assert found["mean_accuracy"] == pytest.approx(mean(accuracies))
    assert found["std_accuracy"] == pytest.approx(stdev(accuracies))
    assert {fold["setting"]["learning_rate"] for fold in found["folds"]} <= {0.1, 0.01}


def test_halted_it_ends_with_the_same_bytes_and_no_fit_twice(nested: Study, tmp_path: Path) -> None:
    straight = StudyFolder(tmp_path / "straight")
    run_study(plan_study(nested), straight)
    plan, folder = plan_study(nested), StudyFolder(tmp_path / "halted")
    done: list[str] = []

    def halt(event: Event) -> None:
        if isinstance(event, told.FitDone):
            done.append(event.fit.key)
            if len(done) % 5 == 0:
                raise InterruptedError

    while not folder.results.exists():
        try:
            run_study(plan, folder, observer=halt)
        except InterruptedError:
            continue
    assert folder.results.read_bytes() == straight.results.read_bytes()
    assert len(done) == len(set(done)) == 24
    with Journal(folder.journal) as journal:
        assert journal.accesses() != []
        assert results(folder.path)["test"]["accesses"] == 1


def test_nested_goes_with_halving(nested: Study, tmp_path: Path) -> None:
    halving = replace(
        nested,
        training=replace(nested.training, epochs=(3,)),
        search=replace(nested.search, strategy="halving"),
    )
    run_study(plan_study(halving), StudyFolder(tmp_path / "a"))
    found = results(tmp_path / "a")
    assert found["search"]["strategy"] == "halving"
    assert sorted(cell["epochs"] for cell in found["search"]["cells"]) == [1, 1, 3, 3]
    assert len(found["nested"]["folds"]) == 2
    assert len(found["selection"]["comparisons"]) == 1


def test_a_preview_counts_the_outer_folds(nested: Study, tmp_path: Path) -> None:
    plan, folder = plan_study(nested), StudyFolder(tmp_path / "nested")
    preview = preview_study(plan, folder, workers=1)
    assert preview.fits == len(preview.missing) == 3 * len(plan.search.all_fits)  # two outer folds
    assert sum(label.startswith("outer fold 2, ") for label in preview.missing) == len(plan.search.all_fits)
