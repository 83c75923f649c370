"""How far a study is: read from its journal, without disturbing the run that writes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import isnan
from statistics import fmean
from typing import Any

from gossamer.errors import StudyFolderError
from gossamer.search import Journal, Standing, setting_of, without_neutral
from gossamer.study.folder import StudyFolder
from gossamer.study.identity import spelled_out
from gossamer.study.lock import is_locked
from gossamer.study.record import Setting
from gossamer.training import best_epoch


@dataclass(frozen=True)
class CellStatus:
    """A setting of the search: how many of its folds, or hold-outs, are done or begun.

    The means are over the folds that have been trained for the most `epochs`.
    """

    setting: Setting
    folds: int
    done: int
    begun: int
    epochs: int
    mean_train_accuracy: float | None
    mean_val_loss: float | None
    mean_val_accuracy: float | None


@dataclass(frozen=True)
class FinalStatus:
    """The final fit so far.

    Attributes:
        epochs: how many it has done.
        max_epochs: the most it may do; without early stopping it does them all.
        finished: whether it is done.
        early_stopping: whether it may end early, and keeps its best epoch's weights; else it keeps the last.
        best_epoch: the epoch whose weights would be kept now; the figures are this epoch's.
        train_loss: of the images that it is trained on, as they are weighted, smoothed and augmented.
        train_accuracy: likewise.
        val_loss: None where it diverged, or where there are no validation images.
        val_accuracy: None where there are no validation images.
    """

    epochs: int
    max_epochs: int
    finished: bool
    early_stopping: bool
    best_epoch: int
    train_loss: float | None
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None


@dataclass(frozen=True)
class StudyStatus:
    """A study's progress.

    Attributes:
        running: whether a run is at work in the folder.
        finished: whether results.json is there.
        fits: how many fits its search has.
        done: how many of them are finished.
        begun: how many of them have begun, and go on or have paused, as in a halving.
        nested: how many fits of the nested cross validation are finished.
        cells: setting by setting.
        final: the final fit, once it has begun.
        accesses: how many test-set accesses are on record.
    """

    running: bool
    finished: bool
    fits: int
    done: int
    begun: int
    nested: int
    cells: Sequence[CellStatus]
    final: FinalStatus | None
    accesses: int


def study_status(folder: StudyFolder) -> StudyStatus:
    """The progress of the study in `folder`.

    Raises:
        StudyFolderError: there is none.
        JournalError: its journal cannot be read.
    """
    if not folder.journal.exists():
        raise StudyFolderError(f"{folder.path}: no study there, for it has no {folder.journal.name}")
    running = is_locked(folder)
    with Journal(folder.journal, read_only=True) as journal:
        identity, planned = journal.identity(), set(journal.planned())
        rows, accesses = journal.standings(), len(journal.accesses())
    if identity is None:
        raise StudyFolderError(f"{folder.path}: its journal is new and holds no study yet")
    study = spelled_out(identity)["study"]
    if "learning_rate" not in study["training"]:
        raise StudyFolderError(
            f"{folder.path}: a study of an older gossamer; run it again, with --extend to keep its fits"
        )
    cells = _cells(study, [row for row in rows if row.key in planned])
    final = [row for row in rows if row.label == "final fit" and row.key not in planned]
    return StudyStatus(
        running,
        folder.results.exists(),
        sum(cell.folds for cell in cells),
        sum(cell.done for cell in cells),
        sum(cell.begun for cell in cells),
        sum(row.finished and row.label.startswith("outer fold") for row in rows),
        cells,
        _final(final[-1]) if final else None,
        accesses,
    )


def _cells(study: dict[str, Any], rows: Sequence[Standing]) -> list[CellStatus]:
    search = study["search"]
    cells = []
    for setting in _settings(study):
        here = _furthest(
            row for row in rows if _is_of(row, setting, any_length=search["strategy"] == "halving")
        )
        done = sum(row.finished and len(row.history) == setting["epochs"] for row in here)
        epochs = max((len(row.history) for row in here), default=0)
        last = [row.history[-1] for row in here if len(row.history) == epochs]
        cells.append(
            CellStatus(
                Setting(setting),
                search["folds"] * search["repeats"],
                done,
                len(here) - done,
                epochs,
                fmean(epoch.train_accuracy for epoch in last) if last else None,
                _number(fmean(epoch.val_loss for epoch in last)) if last else None,
                fmean(epoch.val_accuracy for epoch in last) if last else None,
            )
        )
    return cells


def _settings(study: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every setting of the search, without values that are neutral throughout."""
    base = {
        name: values if isinstance(values, list) else [values] for name, values in study["training"].items()
    }
    alternatives = [study["network"] | base | each for each in study.get("setting", [{}])]
    found = {
        name: sorted({value for each in alternatives for value in each[name]}) for name in alternatives[0]
    }
    named = without_neutral("training", found)
    for axes in alternatives:
        for values in product(*(axes[name] for name in named)):
            yield dict(zip(named, values, strict=True))


def _is_of(row: Standing, setting: dict[str, Any], *, any_length: bool) -> bool:
    there = setting_of(row.record)
    return all(there[name] == value for name, value in setting.items() if name != "epochs" or not any_length)


def _furthest(rows: Iterable[Standing]) -> list[Standing]:
    """The longest of the fits on each fold: a halving does several under a schedule."""
    found: dict[str, Standing] = {}
    for row in rows:
        fold = row.record["recipe"]["seed"]
        if fold not in found or len(row.history) > len(found[fold].history):
            found[fold] = row
    return list(found.values())


def _final(row: Standing) -> FinalStatus:
    recipe = row.record["recipe"]
    early_stopping = recipe["patience"] is not None
    kept = best_epoch(row.history) if early_stopping else row.history[-1]
    return FinalStatus(
        len(row.history),
        recipe["max_epochs"],
        row.finished,
        early_stopping,
        kept.epoch,
        _number(kept.train_loss),
        kept.train_accuracy,
        _number(kept.val_loss),
        _number(kept.val_accuracy),
    )


def _number(value: float) -> float | None:
    return None if isnan(value) else value
