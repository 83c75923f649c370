"""A study folder's files into records, or one line that says what is wrong and what to try."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, TypeVar

from gossamer.errors import SettingError, StudyFolderError
from gossamer.network import Architecture, Model, load_model
from gossamer.study.folder import StudyFolder
from gossamer.study.record import FORMAT, Details, Epoch, Planned, Results, Timings, decode

MAX_BYTES = 1 << 28
"""A grid of 10,000 cells by 10 folds takes about 20 MB."""

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Records:
    """What a study folder holds.

    Attributes:
        results: the study's results.
        details: what the report shows beyond them, if the folder holds it.
        architecture: the selected network.
        classes: a name for every class.
        model: the selected model, if the folder holds it; else classes have numbers for names.
        model_bytes: the size of its file.
        timings: seconds, machine and versions, if the folder holds them.
        study: the study file as text, if the folder holds it.
        planned: why it is as it is, if the folder holds that.
    """

    results: Results
    details: Details | None
    architecture: Architecture
    classes: tuple[str, ...]
    model: Model | None
    model_bytes: int
    timings: Timings | None
    study: str | None
    planned: Planned | None


def read_records(folder: StudyFolder) -> Records:
    """Read a study folder; only `results.json` must be there.

    Raises:
        StudyFolderError: there are no results, or a file is damaged or does not belong to the others.
        ModelFileError: the model file is damaged.
    """
    if not folder.results.is_file():
        if not (folder.study.is_file() or folder.journal.is_file()):
            what = "not a study folder" if folder.path.is_dir() else "no such folder"
            raise StudyFolderError(f"{folder.path}: {what}; expected one that `gossamer run` or `auto` made")
        name = folder.results.name
        raise StudyFolderError(
            f"{folder.path}: no {name} there, so there is nothing to report; {_remedy(folder)}"
        )
    results, architecture = _read(folder, folder.results, _results)
    timings = _read(folder, folder.timings, _timings) if folder.timings.is_file() else None
    study = _read(folder, folder.study, _text) if folder.study.is_file() else None
    planned = read_planned(folder)
    model = load_model(folder.model) if folder.model.is_file() else None
    if model is not None and not _belongs(model, results):
        raise StudyFolderError(f"{folder.model}: not the model of {folder.results.name}; {_remedy(folder)}")
    details = _read(folder, folder.details, partial(_details, results)) if folder.details.is_file() else None
    return Records(
        results,
        details,
        architecture,
        model.classes if model else tuple(map(str, range(len(results.test.per_class)))),
        model,
        folder.model.stat().st_size if model else 0,
        timings,
        study,
        planned,
    )


def results_of(model: Path) -> Results | None:
    """The results of the study that a model file belongs to; None if it lies in no finished study's folder.

    Raises:
        StudyFolderError, ModelFileError: as `read_records`.
    """
    folder = StudyFolder(model.resolve().parent)
    if folder.model != model.resolve() or not folder.results.is_file():
        return None
    return read_records(folder).results


def _read(folder: StudyFolder, path: Path, parse: Callable[[Path], Value]) -> Value:
    try:
        return parse(path)
    except (ValueError, SettingError) as error:
        raise StudyFolderError(f"{path}: not as gossamer writes it ({error}); {_remedy(folder)}") from error


def _results(path: Path) -> tuple[Results, Architecture]:
    value = _json(path)
    _check_format(path, value)
    results = decode(Results, value)
    return results, _checked(results)


def _check_format(path: Path, value: Any) -> None:
    held = value.get("format", 0) if isinstance(value, dict) else FORMAT
    if type(held) is not int or held == FORMAT:
        return
    age, advice = (
        ("newer", "update gossamer to read it")
        if held > FORMAT
        else ("older", "run the study again in another folder")
    )
    raise StudyFolderError(
        f"{path}: written by {'a' if age == 'newer' else 'an'} {age} gossamer, in format {shortened(held)};"
        f" this one reads format {FORMAT}; {advice}"
    )


def _timings(path: Path) -> Timings:
    return decode(Timings, _json(path))


def read_planned(folder: StudyFolder) -> Planned | None:
    """Why the study in `folder` is as it is; None if it was not planned by `gossamer auto`.

    Raises:
        StudyFolderError: the file is damaged.
    """
    return _read(folder, folder.plan, _planned) if folder.plan.is_file() else None


def _planned(path: Path) -> Planned:
    return decode(Planned, _json(path))


def _details(results: Results, path: Path) -> Details:
    details, cells, classes = decode(Details, _json(path)), results.search.cells, len(results.test.per_class)
    if details.model != results.final.model:
        raise ValueError("model is not that of results.json")
    if [len(folds) for folds in details.curves] != [len(cell.folds) for cell in cells]:
        raise ValueError("curves are not those of search.cells in results.json")
    for cell, folds in zip(cells, details.curves, strict=True):
        if any(len(values) != cell.epochs for fold in folds for values in vars(fold).values()):
            raise ValueError("a curve has not as many epochs as its cell in results.json")
    answers = [*details.errors.answers, *details.correct.answers, *details.doubts.answers]
    if any(max(each.label, each.predicted) >= classes for each in answers):
        raise ValueError("an answer is of a class that there is not")
    for found in (details.errors, details.correct, details.doubts):
        found.images(results.data.shape)
    if details.augmentation is not None:
        details.augmentation.images(results.data.shape)
        if max(details.augmentation.labels, default=0) >= classes:
            raise ValueError("augmentation is of a class that there is not")
    checked = details.doubts.checked
    if checked is not None and not details.doubts.count <= checked <= results.data.train:
        raise ValueError("doubts.checked is no count of training images that holds doubts.count")
    if {len(details.doubts.by_class)} != {classes, *map(len, details.doubts.by_class)}:
        raise ValueError("doubts.by_class is not of the classes of results.json")
    return details


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except RecursionError as error:
        raise ValueError("not a JSON file: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not a JSON file: {error}") from error


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"{size:,} bytes; expected at most {MAX_BYTES:,}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error.reason} at byte {error.start})") from error


def _check_comparisons(results: Results) -> None:
    others = {cell.setting for cell in results.search.cells} - {results.selection.setting}
    compared = results.selection.comparisons
    if not others.issuperset(each.setting for each in compared or ()):
        raise ValueError("selection.comparisons holds a setting that is not another one of search.cells")
    similar = None
    if compared is not None:
        similar = tuple(each.setting for each in compared if not each.significant)
    if results.selection.not_significant != similar:
        raise ValueError("selection.not_significant is not what selection.comparisons say")


def _checked(results: Results) -> Architecture:
    """The selected network, once the parts of `results` are seen to fit each other."""
    test, final = results.test, results.final
    if len({frozenset(cell.setting) for cell in results.search.cells}) > 1:
        raise ValueError("the settings of search.cells do not have the same names")
    if sum(results.is_selected(cell) for cell in results.search.cells) != 1:
        raise ValueError("selection.setting is not one of search.cells")
    _check_comparisons(results)
    shares = results.search.variance_shares
    by = [set(each.by) for each in (shares.val_loss, shares.val_accuracy) if each] if shares else []
    if any(len(names) != 2 or names != by[0] for names in by):
        raise ValueError("search.variance_shares is not of two values of a setting")
    if not all(cell.folds for cell in results.search.cells):
        raise ValueError("a cell of search.cells has no folds")
    if not final.history or len(final.history) != final.epochs or not _numbered(final.history):
        raise ValueError("final.history does not hold the epochs 1 to final.epochs")
    if not 1 <= final.best_epoch <= final.epochs:
        raise ValueError("final.best_epoch is no epoch of final.history")
    if test.n < 1 or test.correct > test.n:
        raise ValueError("test.correct and test.n are no counts of the same images")
    if {len(test.per_class)} != {len(test.confusion), *map(len, test.confusion)}:
        raise ValueError("test.per_class and test.confusion are not of the same classes")
    if len(results.data.shape) != 3:
        raise ValueError("data.shape is not [H, W, C]")
    height, width, channels = results.data.shape
    network = Architecture.parse(results.network.layers, (height, width, channels), len(test.per_class))
    if network.parameters != results.network.parameters:
        raise ValueError("network.parameters is not what its layers have by Eq. (2)")
    return network


def _numbered(history: Sequence[Epoch]) -> bool:
    return all(epoch.epoch == number for number, epoch in enumerate(history, 1))


def _belongs(model: Model, results: Results) -> bool:
    return model.hash == results.final.model and len(model.classes) == len(results.test.per_class)


def _remedy(folder: StudyFolder) -> str:
    study = f"{folder.study} " if folder.study.is_file() else ""
    return f"`gossamer run {study}--out {folder.path}` writes it, fitting only what its journal does not hold"
