"""The whole flow on twelve images: the same bytes whenever, wherever and however often it was halted."""

import csv
import json
import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from gossamer.errors import DataError, SettingError, StudyFolderError
from gossamer.network import load_model
from gossamer.study import (
    NetworkSettings,
    RunSettings,
    SearchSettings,
    Study,
    StudyFolder,
    plan_study,
    preview_study,
    read_study,
    run_study,
    search_study,
    study_status,
)
from gossamer.study import events as told
from gossamer.study import preview as previews
from gossamer.study.events import Event
from gossamer.study.record import encode

STABLE = ("results.json", "search.csv", "history.csv", "model.safetensors", "study.toml")


def run(study: Study, path: Path, **options: Any) -> dict[str, bytes]:
    """Run a study, and give the files that must not differ from one run to another."""
    run_study(plan_study(study), StudyFolder(path), **options)
    return {name: (path / name).read_bytes() for name in STABLE}


def results(path: Path) -> Any:
    return json.loads((path / "results.json").read_text())


def fits_done(events: list[Event]) -> Counter[str]:
    return Counter(event.fit.key for event in events if isinstance(event, told.FitDone))


def test_the_same_study_gives_the_same_bytes(study: Study, tmp_path: Path) -> None:
    straight = run(study, tmp_path / "a")
    assert run(study, tmp_path / "b") == straight
    assert run(study, tmp_path / "a") == straight  # on top of itself
    assert run(study, tmp_path / "c", workers=2) == straight
    assert read_study(tmp_path / "a" / "study.toml") == plan_study(study).study


def test_a_search_alone_opens_no_test_set_and_a_run_goes_on_from_it(study: Study, tmp_path: Path) -> None:
    events: list[Event] = []
    folder = StudyFolder(tmp_path / "a")
    search_study(plan_study(study), folder, observer=events.append)
    status = study_status(folder)
    assert (status.done, status.fits, status.final, status.accesses) == (status.fits, status.fits, None, 0)
    assert isinstance(events[-1], told.CellSelected)
    assert not folder.results.exists()
    assert run(study, tmp_path / "a") == run(study, tmp_path / "b")


def test_no_clock_host_or_path_gets_into_the_results(study: Study, tmp_path: Path) -> None:
    here = run(study, tmp_path / "a")
    elsewhere = tmp_path / "elsewhere" / "tiny"
    elsewhere.parent.mkdir()
    Path(study.data.source).rename(elsewhere)
    moved = replace(study, data=replace(study.data, source=str(elsewhere)))
    there = run(moved, tmp_path / "b")
    for name in STABLE:
        if name != "study.toml":
            assert there[name] == here[name]
            assert str(tmp_path).encode() not in here[name]
            assert socket.gethostname().encode() not in here[name]


def test_another_seed_is_another_study(study: Study, tmp_path: Path) -> None:
    first = run(study, tmp_path / "a")
    second = run(replace(study, run=RunSettings(seed=1)), tmp_path / "b")
    assert first["model.safetensors"] != second["model.safetensors"]
    assert results(tmp_path / "a")["search"] != results(tmp_path / "b")["search"]


def turn(event: Event) -> tuple[Any, ...]:
    """Which moment of a study it is, whenever it comes."""
    match event:
        case told.FitProgress(fit, epochs):
            return told.FitProgress, fit.key, epochs
        case told.FitDone(fit):
            return told.FitDone, fit.key
        case told.FinalEpoch(epoch, _, _, label):
            return told.FinalEpoch, label, epoch.epoch
    return (type(event),)


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_halted_at_every_turn_it_ends_with_the_same_bytes(study: Study, tmp_path: Path, every: int) -> None:
    """An observer that raises is a kill at that moment, as far as the folder can tell."""
    events: list[Event] = []
    straight = run(study, tmp_path / "straight", observer=events.append)
    turns, planned = len({turn(event) for event in events}), fits_done(events)
    assert len(planned) == 8

    plan, folder = plan_study(study), StudyFolder(tmp_path / "halted")
    events, passed, halts = [], set[tuple[Any, ...]](), 0

    def observer(event: Event) -> None:
        events.append(event)
        if turn(event) not in passed:
            passed.add(turn(event))
            if len(passed) % every == 0:
                raise InterruptedError

    while not folder.results.exists():
        try:
            run_study(plan, folder, observer=observer)
        except InterruptedError:
            halts += 1
    assert halts == turns // every
    assert {name: (folder.path / name).read_bytes() for name in STABLE} == straight
    assert fits_done(events) == planned  # each exactly once
    epochs = [event.epoch.epoch for event in events if isinstance(event, told.FinalEpoch)]
    assert epochs == list(range(1, results(folder.path)["final"]["epochs"] + 1))
    assert results(folder.path)["test"]["accesses"] == 1


def test_events_come_in_the_order_of_the_flow(study: Study, tmp_path: Path) -> None:
    events: list[Event] = []
    run(study, tmp_path / "a", observer=events.append)
    started, *middle, last = events
    assert started == told.StudyStarted(
        data="tiny, 12 training images",
        engine=plan_study(study).engine.numerics,
        workers=1,
        cells=4,
        fits=8,
        fits_found=0,
        epochs=2,
    )
    assert isinstance(last, told.ModelTested)
    selected = [isinstance(event, told.CellSelected) for event in middle].index(True)
    assert all(isinstance(event, told.FinalEpoch) for event in middle[selected + 1 :])
    assert not any(isinstance(event, told.FinalEpoch) for event in middle[:selected])
    again: list[Event] = []
    run(study, tmp_path / "a", observer=again.append)
    assert [type(event) for event in again] == [
        told.StudyStarted,
        told.RungStarted,
        told.CellSelected,
        told.ModelTested,
    ]
    assert isinstance(again[0], told.StudyStarted)
    assert again[0].fits_found == 8


def test_the_results_agree_with_each_other_and_with_the_files(study: Study, tmp_path: Path) -> None:
    run(study, tmp_path / "a")
    found = results(tmp_path / "a")
    for cell in found["search"]["cells"]:
        losses = [fold["val_loss"] for fold in cell["folds"]]
        accuracies = [fold["val_accuracy"] for fold in cell["folds"]]
        assert cell["mean_val_loss"] == pytest.approx(mean(losses))
        assert cell["std_val_accuracy"] == pytest.approx(stdev(accuracies))
        assert all(fold["best_val_loss"] <= fold["val_loss"] for fold in cell["folds"])
    best = min(found["search"]["cells"], key=lambda cell: cell["mean_val_loss"])
    assert found["selection"]["setting"] == best["setting"]
    final = found["final"]
    kept = final["history"][final["best_epoch"] - 1]
    assert (final["val_loss"], final["val_accuracy"]) == (kept["val_loss"], kept["val_accuracy"])
    assert final["val_loss"] == min(epoch["val_loss"] for epoch in final["history"])
    assert final["train"] + final["validation"] == found["data"]["train"] == 12
    test = found["test"]
    assert test["n"] == found["data"]["test"] == 6
    assert test["accuracy"] == test["correct"] / 6
    assert sum(test["confusion"][i][i] for i in range(3)) == test["correct"]
    assert load_model(tmp_path / "a" / "model.safetensors").hash == final["model"]

    with (tmp_path / "a" / "search.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean_val_loss"]) for row in rows] == [
        cell["mean_val_loss"] for cell in found["search"]["cells"]
    ]
    assert sorted(row["rank_val_loss"] for row in rows)[0] == "1"
    winner = next(row for row in rows if row["rank_val_loss"] == "1")
    assert float(winner["param_learning_rate"]) == found["selection"]["setting"]["learning_rate"]
    with (tmp_path / "a" / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [{key: float(value) for key, value in row.items()} for row in history] == final["history"]


PROMISED: dict[str, set[str]] = {
    "data": {"name", "train_fingerprint", "test_fingerprint", "train", "test"},
    "network": {"layers", "parameters"},
    "search": {"folds", "epochs", "cells"},
    "selection": {"setting", "rule", "comparisons"},
    "final": {"epochs", "best_epoch", "val_loss", "val_accuracy"},
    "test": {"n", "correct", "accuracy", "loss", "accesses"},
}
PROMISED_OF_A_CELL = {
    *("setting", "folds"),
    *("mean_val_loss", "mean_val_accuracy", "std_val_accuracy"),
}
PROMISED_OF_A_FOLD = {"val_loss", "val_accuracy", "best_epoch", "best_val_loss", "best_val_accuracy"}


def test_the_results_hold_the_keys_that_scripts_rely_on(study: Study, tmp_path: Path) -> None:
    returned = run_study(plan_study(study), StudyFolder(tmp_path / "a"))
    found = results(tmp_path / "a")
    assert encode(returned) == found
    assert found["format"] == 1
    for section, keys in PROMISED.items():
        assert keys <= found[section].keys()
    for cell in found["search"]["cells"]:
        assert cell.keys() >= PROMISED_OF_A_CELL
        assert cell["setting"].keys() >= {"layers", "learning_rate", "batch_size"}
        for fold in cell["folds"]:
            assert fold.keys() >= PROMISED_OF_A_FOLD


OTHER_STUDIES: dict[str, tuple[dict[str, Any], str]] = {
    "a seed": ({"run": RunSettings(seed=1)}, "its study.run.seed is 0, this one's 1;"),
    "a network": (
        {"network": NetworkSettings(("gap dense",))},
        "its study.network.layers is ['conv2 pool dense'], this one's ['gap dense'];",
    ),
}


@pytest.mark.parametrize("case", OTHER_STUDIES)
def test_a_folder_of_another_study_is_refused_and_left_as_it_was(
    study: Study, tmp_path: Path, case: str
) -> None:
    changes, line = OTHER_STUDIES[case]
    before = run(study, tmp_path / "a")
    with pytest.raises(StudyFolderError) as caught:
        run(replace(study, **changes), tmp_path / "a")
    assert str(caught.value) == (
        f"{tmp_path / 'a'} holds another study: {line}"
        " name another folder with --out, or carry its fits over with --extend"
    )
    assert {name: (tmp_path / "a" / name).read_bytes() for name in STABLE} == before
    assert run(study, tmp_path / "a") == before


def test_a_folder_that_cannot_be_made_is_refused(study: Study, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StudyFolderError) as caught:
        run(study, tmp_path / "taken")
    line = f"{tmp_path / 'taken'}: cannot be made a study folder (File exists); try another --out"
    assert str(caught.value) == line


def test_a_widened_grid_fits_only_what_is_new(study: Study, tmp_path: Path) -> None:
    run(study, tmp_path / "a")
    wider = replace(study, training=replace(study.training, learning_rate=(0.1, 0.03, 0.01)))
    events: list[Event] = []
    extended = run(wider, tmp_path / "a", extend=True, observer=events.append)
    done = [event.fit.recipe.learning_rate for event in events if isinstance(event, told.FitDone)]
    assert done == [0.03] * 4
    anew = run(wider, tmp_path / "b")
    for name in ("search.csv", "history.csv", "model.safetensors", "study.toml"):
        assert extended[name] == anew[name]
    # the folder is the wider study's from now on
    assert run(wider, tmp_path / "a") == extended
    with pytest.raises(StudyFolderError):
        run(study, tmp_path / "a")


def test_an_outcome_of_another_study_does_not_stay(study: Study, tmp_path: Path) -> None:
    before = run(study, tmp_path / "a")
    folder = StudyFolder(tmp_path / "a")
    folder.report.touch()
    other = replace(study, run=RunSettings(seed=1))
    search_study(plan_study(other), folder, extend=True)
    assert {path.name for path in folder.path.iterdir()} == {"study.toml", "journal.db", ".lock"}
    assert not study_status(folder).finished
    again = run(study, tmp_path / "a", extend=True)  # its fits are still there
    assert again["model.safetensors"] == before["model.safetensors"]


def test_every_opening_of_the_test_set_is_counted(study: Study, tmp_path: Path) -> None:
    run(study, tmp_path / "a")
    run(study, tmp_path / "a")
    assert results(tmp_path / "a")["test"]["accesses"] == 1
    other = replace(study, run=RunSettings(seed=1))
    run(other, tmp_path / "a", extend=True)
    assert results(tmp_path / "a")["test"]["accesses"] == 2


def test_a_preview_says_what_is_missing_and_changes_nothing(study: Study, tmp_path: Path) -> None:
    study = replace(study, training=replace(study.training, batch_size=(64, 128)))  # a probe of few batches
    plan, folder = plan_study(study), StudyFolder(tmp_path / "a")
    before = preview_study(plan, folder, workers=1)
    assert (before.cells, before.fits, len(before.missing)) == (4, 8, 8)
    assert before.seconds > 0
    assert not folder.path.exists()
    files = run(study, folder.path)
    after = preview_study(plan, folder, workers=1)
    assert (after.missing, after.seconds) == ((), 0)
    wider = replace(study, training=replace(study.training, batch_size=(64, 128, 256)))
    missing = preview_study(plan_study(wider), folder, workers=1).missing
    assert len(missing) == 4
    assert all("batch size 256" in label for label in missing)
    assert {name: (folder.path / name).read_bytes() for name in STABLE} == files


def test_a_preview_s_time_is_of_the_epochs_that_are_trained(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "seconds_per_image", lambda *_: 1.0)
    rates = tuple(0.01 / step for step in range(1, 13))
    study = replace(
        study, training=replace(study.training, learning_rate=rates, batch_size=(64,), epochs=(10,))
    )
    study = replace(study, final=replace(study.final, max_epochs=1))

    def search_seconds(strategy: str) -> float:
        plan = plan_study(replace(study, search=replace(study.search, strategy=strategy)))
        return preview_study(plan, StudyFolder(tmp_path / "a"), workers=1).seconds - len(plan.train)

    assert search_seconds("halving") == pytest.approx(
        search_seconds("grid") * (12 * 2 + 4 * 4 + 2 * 10) / 120
    )


# changes of the study's settings, and the line that refuses them
IMPOSSIBLE: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "the same network twice": (
        {"network": NetworkSettings(("conv2 dense", "conv2k3 dense"))},
        SettingError,
        "network.layers lists 'conv2 dense' twice; each value may stand once",
    ),
    "more folds than images of a class": (
        {"search": SearchSettings(folds=5)},
        DataError,
        "class '0' has 4 training images, but 5 stratified folds needs at least 5 of each class;"
        " add images or lower search.folds",
    ),
    "too many pools": (
        {"network": NetworkSettings(("pool pool pool dense",))},
        SettingError,
        "network 'pool pool pool dense': word 3, 'pool', would leave nothing of 1x1x1;"
        " use fewer pools and strides or larger images",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_is_refused_before_anything_is_fitted(study: Study, case: str) -> None:
    changes, error, line = IMPOSSIBLE[case]
    with pytest.raises(error) as caught:
        plan_study(replace(study, **changes))
    assert str(caught.value) == line


def test_a_subset_uses_so_many_training_images_and_the_whole_test_set(study: Study, tmp_path: Path) -> None:
    small = replace(study, data=replace(study.data, subset=9), search=replace(study.search, stratified=False))
    small = replace(small, final=replace(study.final, validation=0.5))
    run(small, tmp_path / "a")
    found = results(tmp_path / "a")
    assert (found["data"]["train"], found["data"]["test"], found["test"]["n"]) == (9, 6, 6)
