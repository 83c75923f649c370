"""Studies with recipes: all guarantees hold for schedules, augmentation, averages and teachers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gossamer.errors import SettingError
from gossamer.report import verify_study, write_report
from gossamer.search import Journal
from gossamer.study import (
    FinalSettings,
    NetworkSettings,
    RunSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TeacherSettings,
    TrainingSettings,
    plan_study,
    run_study,
    study_status,
)
from gossamer.study import events as told
from gossamer.study.events import Event
from gossamer.study.record import Results

NAMES = ("layers", "learning_rate", "batch_size", "shift")
TEACHER = TeacherSettings("conv4 pool dense", learning_rate=0.05, batch_size=4, epochs=3, flip="horizontal")


@pytest.fixture
def recipe(study: Study) -> Study:
    """One-cycle, decay, an average, views and weights, for all of the final fit's images."""
    return replace(
        study,
        network=NetworkSettings(("bn conv2 pool dense",)),
        training=TrainingSettings(
            learning_rate=(0.1, 0.05),
            batch_size=(4,),
            epochs=(4,),
            optimizer=("adamw",),
            weight_decay=(0.01,),
            schedule=("one-cycle",),
            class_weights=("balanced",),
            ema=(0.9,),
            flip=("alternating",),
            shift=(1,),
        ),
        final=FinalSettings(validation=0, max_epochs=0, patience=0),
        run=RunSettings(engine="native"),
    )


@pytest.fixture
def taught(recipe: Study) -> Study:
    return replace(recipe, teacher=TEACHER)


def ran(
    study: Study, folder: Path, observer: Callable[[Event], None] = lambda _: None, **options: Any
) -> Results:
    return run_study(plan_study(study), StudyFolder(folder), observer=observer, **options)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        name: (folder / name).read_bytes() for name in ("results.json", "model.safetensors", "search.csv")
    }


def verified(folder: Path) -> int:
    """How many fits of the finished study are seen to be as it says."""
    write_report(StudyFolder(folder))
    return verify_study(StudyFolder(folder)).fits


def fitted_labels(folder: Path) -> list[str]:
    with Journal(folder / "journal.db", read_only=True) as journal:
        return sorted(row.label for row in journal.standings())


def test_settings_name_what_is_not_neutral(recipe: Study, tmp_path: Path) -> None:
    found = ran(recipe, tmp_path / "a")
    assert found.search.cells[0].setting == {
        "layers": "bn conv2 pool dense",
        "learning_rate": 0.1,
        "batch_size": 4,
        "epochs": 4,
        "class_weights": "balanced",
        "ema": 0.9,
        "flip": "alternating",
        "optimizer": "adamw",
        "schedule": "one-cycle",
        "shift": 1,
        "weight_decay": 0.01,
    }


def test_explicit_settings_make_a_grid_each(study: Study, tmp_path: Path) -> None:
    tables: tuple[dict[str, Any], ...] = (
        {},
        {"layers": "conv4  pool dense", "learning_rate": 0.05},
        {"shift": (1, 2), "batch_size": 4},
    )
    found = ran(replace(study, setting=tables), tmp_path / "a")
    base, narrow = "conv2 pool dense", "conv4 pool dense"
    assert [tuple(cell.setting[name] for name in NAMES) for cell in found.search.cells] == [
        *((base, rate, size, 0) for rate in (0.1, 0.01) for size in (2, 4)),
        *((narrow, 0.05, size, 0) for size in (2, 4)),
        *((base, rate, 4, shift) for rate in (0.1, 0.01) for shift in (1, 2)),
    ]
    status = study_status(StudyFolder(tmp_path / "a"))
    assert [cell.setting for cell in status.cells] == [cell.setting for cell in found.search.cells]
    assert {cell.done for cell in status.cells} == {2}
    assert verified(tmp_path / "a") == 2 * 10 + 1


def test_the_same_setting_twice_is_refused(study: Study) -> None:
    with pytest.raises(SettingError, match="two settings are the same"):
        plan_study(replace(study, setting=({"epochs": 2}, {})))


def test_without_validation_images_the_last_epoch_is_kept_and_says_nothing_of_accuracy(
    recipe: Study, tmp_path: Path
) -> None:
    found = ran(recipe, tmp_path / "a")
    assert (found.final.train, found.final.validation) == (12, 0)
    assert found.final.epochs == found.final.best_epoch == 4
    assert found.final.val_loss is found.final.val_accuracy is None
    assert all(epoch.val_loss is None and epoch.train_loss is not None for epoch in found.final.history)


def test_without_patience_the_last_epoch_is_kept(study: Study, tmp_path: Path) -> None:
    found = ran(
        replace(study, final=FinalSettings(validation=0.25, max_epochs=3, patience=0)), tmp_path / "a"
    )
    assert found.final.epochs == found.final.best_epoch == 3
    assert found.final.val_loss == found.final.history[-1].val_loss


def test_one_fold_is_a_hold_out_without_spread_or_comparison(study: Study, tmp_path: Path) -> None:
    found = ran(replace(study, search=SearchSettings(folds=1, holdout=0.25)), tmp_path / "a")
    assert {len(cell.folds) for cell in found.search.cells} == {1}
    assert {cell.std_val_loss for cell in found.search.cells} == {None}
    assert found.selection.comparisons is None
    assert found.selection.not_significant is None
    again = ran(replace(study, search=SearchSettings(folds=1, holdout=0.25, repeats=2)), tmp_path / "b")
    assert again.selection.comparisons is not None
    assert all(cell.std_val_loss is not None for cell in again.search.cells)
    assert [cell.folds[0] for cell in again.search.cells] == [cell.folds[0] for cell in found.search.cells]


def test_a_halving_under_a_schedule_does_whole_fits(recipe: Study, tmp_path: Path) -> None:
    """Those of a rung are as a grid of its length does them."""
    rates = (0.1, 0.05, 0.02, 0.01)
    training = replace(recipe.training, learning_rate=rates)
    halving = replace(recipe, training=training, search=SearchSettings(folds=2, strategy="halving"))
    found = ran(halving, tmp_path / "a")
    assert [(rung.settings, rung.epochs) for rung in found.search.rungs] == [(4, 2), (2, 4)]
    short = replace(recipe, training=replace(training, epochs=(2,)), search=SearchSettings(folds=2))
    grid = ran(short, tmp_path / "b")
    for cell, other in zip(found.search.cells, grid.search.cells, strict=True):
        assert cell.epochs == 4 or cell.folds == other.folds
    assert verified(tmp_path / "a") == 4 * 2 + 2 * 2


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_workers_change_no_byte(taught: Study, tmp_path: Path, executor: str) -> None:
    ran(taught, tmp_path / "here")
    ran(taught, tmp_path / "there", workers=2, executor=executor)
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_ray_changes_no_byte(taught: Study, tmp_path: Path, ray_cluster: Any) -> None:
    ran(taught, tmp_path / "here")
    ran(taught, tmp_path / "there", workers=1, executor="ray")
    assert bytes_of(tmp_path / "there") == bytes_of(tmp_path / "here")


def test_a_teacher_has_a_row_per_fold_which_all_settings_share(taught: Study, tmp_path: Path) -> None:
    stages = []

    def look(event: Event) -> None:
        if isinstance(event, told.RungStarted):
            stages.append((event.stage, event.work.fits))

    ran(taught, tmp_path / "a", look)
    assert stages == [("teachers", 2), ("search", 4)]
    assert fitted_labels(tmp_path / "a") == sorted(
        [
            "final fit",
            "teacher of the final fit",
            *(f"learning rate {rate}, fold {fold}" for rate in ("0.1", "0.05") for fold in (1, 2)),
            *(f"teacher, fold {fold}" for fold in (1, 2)),
        ]
    )
    plan = plan_study(taught)
    for fit in plan.search.all_fits:
        assert fit.teacher is not None
        assert fit.teacher.fit.split is fit.split
    assert len({fit.key for fit in plan.search.teachers}) == 2


def test_what_a_teacher_is_like_is_part_of_a_students_key(taught: Study) -> None:
    (first, *_) = plan_study(taught).search.all_fits
    for other in (
        None,
        replace(TEACHER, epochs=4),
        replace(TEACHER, temperature=3.0),
        replace(TEACHER, labels=0.5),
    ):
        study = replace(taught, teacher=other or TeacherSettings())
        assert plan_study(study).search.all_fits[0].key != first.key


def test_a_study_is_resumed_in_its_teachers_and_its_students(taught: Study, tmp_path: Path) -> None:
    """It is broken off at every event, and goes on from there."""
    ran(taught, tmp_path / "straight")
    for number in range(1, 100):
        seen = 0

        def look(_: Event, number: int = number) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                raise InterruptedError

        try:
            ran(taught, tmp_path / str(number), look)
        except InterruptedError:
            ran(taught, tmp_path / str(number))
            assert bytes_of(tmp_path / str(number)) == bytes_of(tmp_path / "straight"), number
        else:
            break
    assert 20 < number < 100


def test_a_nested_study_teaches_its_outer_folds_too(taught: Study, tmp_path: Path) -> None:
    nested = replace(taught, search=replace(taught.search, nested=True))
    found = ran(nested, tmp_path / "a")
    assert found.nested is not None
    labels = fitted_labels(tmp_path / "a")
    assert "outer fold 1, teacher, fold 1" in labels
    assert "teacher of the outer fold 2, final fit" in labels
    assert verified(tmp_path / "a") == sum("final fit" not in label for label in labels)
