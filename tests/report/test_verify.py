"""A study folder states what its data, its journal and its model give, or it is refused by name."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gossamer.data import dataset_from_arrays, open_source
from gossamer.errors import DataError, GossamerError, VerificationError
from gossamer.files import canonical_json
from gossamer.network import load_model
from gossamer.report import verify_study, write_report
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TrainingSettings,
    plan_study,
    run_study,
    study_status,
)
from gossamer.training import as_row


@pytest.fixture
def study(idx_folder: Path) -> Study:
    """Two settings on two folds of twelve images."""
    return Study(
        DataSettings(str(idx_folder)),
        NetworkSettings(("conv2 pool dense",)),
        TrainingSettings(learning_rate=(0.1, 0.01), batch_size=(2,), epochs=(2,)),
        search=SearchSettings(folds=2),
        final=FinalSettings(validation=0.5, max_epochs=4, patience=3),
    )


@pytest.fixture
def folder(tmp_path: Path, study: Study) -> StudyFolder:
    """A finished study, with its report."""
    folder = StudyFolder(tmp_path / "out")
    run_study(plan_study(study), folder)
    write_report(folder)
    return folder


def refusal(folder: StudyFolder) -> str:
    with pytest.raises(GossamerError) as refused:
        verify_study(folder)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def in_journal(folder: StudyFolder, *statements: str, values: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(folder.journal)) as journal, journal:
        for statement in statements:
            journal.execute(statement, values)


def test_a_study_is_what_it_states_and_nothing_is_written(folder: StudyFolder) -> None:
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    found = verify_study(folder)
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before
    assert (found.fits, found.images, found.accesses) == (5, 2 * 12 + 6, 1)
    assert found.numbers["results.json"] > 100


def test_a_study_whose_journal_is_older_than_a_metric_can_be_verified(
    tmp_path: Path, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StudyFolder(tmp_path / "out")
    with monkeypatch.context() as earlier:
        earlier.setattr("gossamer.search.journal.as_row", lambda epoch: as_row(epoch)[:-1])  # no macro-F1 yet
        run_study(plan_study(study), folder)
    record = run_study(plan_study(study), folder)
    assert {fold.val_macro_f1 for cell in record.search.cells for fold in cell.folds} == {None}
    assert record.final.val_macro_f1 is None
    assert record.final.val_balanced_accuracy is not None
    write_report(folder)
    assert verify_study(folder).fits == 5


@pytest.mark.parametrize(
    ("engine", "strategy", "nested", "repeats"),
    [
        ("torch", "grid", False, 1),
        ("auto", "halving", False, 1),
        ("auto", "grid", True, 1),
        ("auto", "grid", False, 2),
    ],
)
def test_every_kind_of_study_can_be_verified(
    tmp_path: Path, study: Study, engine: str, strategy: str, nested: bool, repeats: int
) -> None:
    other = replace(
        study,
        training=replace(study.training, epochs=(3,)),
        search=replace(study.search, strategy=strategy, nested=nested, repeats=repeats),
        run=replace(study.run, engine=engine),
    )
    folder = StudyFolder(tmp_path / "out")
    run_study(plan_study(other), folder)
    write_report(folder)
    assert verify_study(folder).accesses == 1


RECIPES: dict[str, dict[str, dict[str, Any]]] = {
    "no validation images": {
        "training": {"schedule": ("cosine",), "ema": (0.9,), "class_weights": ("balanced",)},
        "search": {"folds": 1, "holdout": 0.5},
        "final": {"validation": 0.0, "max_epochs": 0, "patience": 0},
    },
    "a schedule halved": {
        "training": {
            "learning_rate": (0.1, 0.03, 0.01),
            "schedule": ("one-cycle",),
            "epochs": (4,),
            "ema": (0.9,),
        },
        "search": {"strategy": "halving"},
        "final": {"max_epochs": 0, "patience": 0},
    },
    "an average halved": {
        "training": {"learning_rate": (0.1, 0.03, 0.01), "epochs": (4,), "ema": (0.9,)},
        "search": {"strategy": "halving"},
    },
    "augmented hold-outs": {
        "training": {
            "optimizer": ("adamw", "sgd"),
            "weight_decay": (0.1,),
            "flip": ("alternating",),
            "rotate": (9.0,),
        },
        "search": {"folds": 1, "holdout": 0.5, "repeats": 3, "select": "one-se"},
    },
    "nested without validation images": {
        "training": {"label_smoothing": (0.0, 0.1), "shift": (1,)},
        "search": {"nested": True},
        "final": {"validation": 0.0, "max_epochs": 0, "patience": 0},
    },
}


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_can_be_verified_and_read(tmp_path: Path, study: Study, name: str) -> None:
    changes = RECIPES[name]
    sections = {section: replace(getattr(study, section), **values) for section, values in changes.items()}
    run = replace(study.run, engine="torch", device="cpu")
    folder = StudyFolder(tmp_path / "out")
    record = run_study(plan_study(replace(study, run=run, **sections)), folder)
    write_report(folder)
    found = verify_study(folder)
    assert found.accesses == 1
    held_out = sum(len(cell.folds) for cell in record.search.cells)
    if len(record.search.rungs) == 1 and not record.nested:
        assert found.fits == held_out + (record.final.validation > 0)
    page = re.sub("<(script|style)[^>]*>.*?</(script|style)>", "", folder.report.read_text(), flags=re.DOTALL)
    wrong = re.search(r"\b(nan|None(?! of)|diverged|1-fold|1 folds|over 1)\b|\.\.", page)
    assert wrong is None, page[wrong.start() - 200 : wrong.end() + 20]
    study_status(folder)


def _results(change: Callable[[Any], None]) -> Callable[[StudyFolder], None]:
    def apply(folder: StudyFolder) -> None:
        value = json.loads(folder.results.read_text())
        change(value)
        folder.results.write_text(json.dumps(value))

    return apply


def _details(change: Callable[[Any], None]) -> Callable[[StudyFolder], None]:
    def apply(folder: StudyFolder) -> None:
        value = json.loads(folder.details.read_text())
        change(value)
        folder.details.write_text(json.dumps(value))

    return apply


def _another_model(folder: StudyFolder) -> None:
    model = load_model(folder.model)
    replace(model, provenance={**model.provenance, "epochs": 99}).save(folder.model)


def _flattered(folder: StudyFolder) -> None:
    """A row whose figures are better than its weights', and whose hash was made to match."""
    with closing(sqlite3.connect(folder.journal)) as journal, journal:
        key, record, label, history, seconds, arrays = journal.execute(
            "SELECT key, record, label, history, seconds, arrays FROM fits WHERE label LIKE '%fold 1'"
        ).fetchone()
        epochs = json.loads(history)
        epochs[-1][4] = 0.999
        row = (key, record, label, canonical_json(epochs), seconds)
        digest = sha256(canonical_json(row).encode())
        digest.update(arrays)
        journal.execute(
            "UPDATE fits SET history = ?, hash = ? WHERE key = ?", (row[3], digest.hexdigest(), key)
        )


TAMPERED: dict[str, tuple[Callable[[StudyFolder], Any], str]] = {
    "the test accuracy": (_results(lambda v: v["test"].update(accuracy=0.99)), "test.accuracy is 0.99"),
    "a count": (_results(lambda v: v["test"].update(correct=0)), "test.correct is 0, recomputed"),
    "a fold": (
        _results(lambda v: v["search"]["cells"][1]["folds"][0].update(val_loss=0.125)),
        "search.cells[1].folds[0].val_loss is 0.125",
    ),
    "an interval": (
        _results(lambda v: v["selection"]["comparisons"][0].update(p=0.5)),
        "selection.comparisons[0].p is 0.5",
    ),
    "accesses": (_results(lambda v: v["test"].update(accesses=0)), "test.accesses is 0, recomputed it is 1"),
    "calibration": (
        _details(lambda v: v["calibration"]["after"].update(error=0.0)),
        "calibration.after.error",
    ),
    "a curve": (_details(lambda v: v["curves"][0][0]["train_loss"].__setitem__(0, 0.5)), "curves[0][0]"),
    "a number that is none": (_details(lambda v: v["doubts"].update(count=True)), "doubts.count"),
    "a picture": (_details(lambda v: v["errors"].update(pixels="")), "errors.pixels"),
    "search.csv": (lambda f: f.search.write_text("param_layers\n"), "search.csv, line 1"),
    "history.csv": (lambda f: f.history.write_text(f.history.read_text() + "9\n"), "recomputed it is null"),
    "doubts.csv": (lambda f: f.doubts.unlink(), "doubts.csv: cannot be read"),
    "the model's origin": (_another_model, "not the model that the journal's final fit ended with"),
    "the page": (lambda f: f.report.write_text("<h1>99 %</h1>"), "draws it again"),
    "no page": (lambda f: f.report.unlink(), "draws it again"),
    "the study": (
        lambda f: f.study.write_text(f.study.read_text().replace("seed = 0", "seed = 1")),
        "study.run.seed is 0, and here it is 1",
    ),
    "a row of the journal": (
        lambda f: in_journal(f, "UPDATE fits SET seconds = seconds + 1 WHERE label LIKE '%fold 2%'"),
        "does not match its hash",
    ),
    "a row and its hash": (_flattered, "the journal says val_accuracy 0.999 of epoch 2, its weights give"),
    "a fit taken out": (
        lambda f: in_journal(f, "DELETE FROM fits WHERE label LIKE '%0.01%fold 2%'"),
        "fold 2: not in the journal",
    ),
    "the final fit taken out": (
        lambda f: in_journal(f, "DELETE FROM fits WHERE label = 'final fit'"),
        "final fit: not in the journal",
    ),
    "the access taken out": (lambda f: in_journal(f, "DELETE FROM openings"), "records no access"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_named(folder: StudyFolder, what: str) -> None:
    tamper, named = TAMPERED[what]
    tamper(folder)
    assert named in refusal(folder)


def test_data_may_have_moved_but_not_changed(folder: StudyFolder, idx_folder: Path, tmp_path: Path) -> None:
    moved = open_source(str(idx_folder.rename(tmp_path / "elsewhere")))
    with pytest.raises(DataError):
        verify_study(folder)
    assert verify_study(folder, dataset=moved).accesses == 1
    images = moved.train.images.copy()
    images[0, 0, 0, 0] ^= 1
    other = dataset_from_arrays(
        images, moved.train.labels, images[:6], np.arange(6) % 3, classes=moved.train.classes
    )
    with pytest.raises(VerificationError, match="training images is"):
        verify_study(folder, dataset=other)
