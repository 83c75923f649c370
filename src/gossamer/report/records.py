"""What the page reads of a study folder: its files as records, or one line that says what is wrong.

The records name the keys of `results.json` and `timings.json` that are drawn, and no others.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.errors import SettingError, StudyFolderError
from gossamer.network import Architecture, Model, load_model
from gossamer.report.decode import Count, Fraction, Loss, Rate, decode
from gossamer.study import StudyFolder

MAX_BYTES = 1 << 28
"""A grid of 10,000 cells by 10 folds takes about 20 MB."""


@dataclass(frozen=True)
class Data:  # noqa: D101
    name: str
    train: Count
    test: Count
    shape: tuple[Count, ...]
    train_fingerprint: str
    test_fingerprint: str


@dataclass(frozen=True)
class Network:  # noqa: D101
    layers: str
    parameters: Count


@dataclass(frozen=True)
class Engine:  # noqa: D101
    name: str
    numerics: str


@dataclass(frozen=True)
class Fold:
    """One fit of a cell: its last epoch's figures, and its best epoch's."""

    val_loss: Loss | None
    val_accuracy: Fraction | None
    best_epoch: Count
    best_val_loss: Loss | None
    best_val_accuracy: Fraction | None


@dataclass(frozen=True)
class Published:
    """The report's figures for a cell."""

    val_loss: Loss
    val_accuracy: Fraction


@dataclass(frozen=True)
class Cell:
    """One setting of the grid, over its folds; a figure is None where a fold diverged."""

    layers: str
    learning_rate: Rate
    batch_size: Count
    folds: tuple[Fold, ...]
    mean_val_loss: Loss | None
    mean_val_accuracy: Fraction | None
    std_val_loss: Loss | None
    std_val_accuracy: Fraction | None
    mean_best_val_loss: Loss | None
    mean_best_val_accuracy: Fraction | None
    published: Published | None


@dataclass(frozen=True)
class Shares:
    """Shares of the variance of a figure between the cells."""

    learning_rate: Fraction
    batch_size: Fraction
    interaction: Fraction


@dataclass(frozen=True)
class VarianceShares:  # noqa: D101
    val_loss: Shares | None
    val_accuracy: Shares | None


@dataclass(frozen=True)
class Search:  # noqa: D101
    folds: Count
    repeats: Count
    stratified: bool
    epochs: Count
    cells: tuple[Cell, ...]
    variance_shares: VarianceShares | None


@dataclass(frozen=True)
class Choice:  # noqa: D101
    layers: str
    learning_rate: Rate
    batch_size: Count
    rule: str


@dataclass(frozen=True)
class Epoch:  # noqa: D101
    epoch: Count
    train_loss: Loss | None
    train_accuracy: Fraction | None
    val_loss: Loss | None
    val_accuracy: Fraction | None


@dataclass(frozen=True)
class Final:  # noqa: D101
    train: Count
    validation: Count
    patience: Count
    epochs: Count
    best_epoch: Count
    val_loss: Loss | None
    val_accuracy: Fraction | None
    history: tuple[Epoch, ...]
    model: str


@dataclass(frozen=True)
class ClassScore:  # noqa: D101
    precision: Fraction
    recall: Fraction
    f1: Fraction
    images: Count


@dataclass(frozen=True)
class Test:  # noqa: D101
    n: Count
    correct: Count
    accuracy: Fraction
    loss: Loss | None
    openings: Count
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True)
class Results:
    """`results.json`."""

    data: Data
    network: Network
    engine: Engine
    seed: int
    search: Search
    choice: Choice
    final: Final
    test: Test

    @property
    def chosen(self) -> Cell:
        """The cell that the rule chose."""
        return next(cell for cell in self.search.cells if self.is_chosen(cell))

    def is_chosen(self, cell: Cell) -> bool:
        """Whether `cell` is the chosen setting."""
        choice = self.choice
        return (cell.layers, cell.learning_rate, cell.batch_size) == (
            choice.layers,
            choice.learning_rate,
            choice.batch_size,
        )


@dataclass(frozen=True)
class Seconds:  # noqa: D101
    search_fits: Loss
    final_fit: Loss


@dataclass(frozen=True)
class Machine:  # noqa: D101
    system: str
    architecture: str
    processor: str
    cores: Count | None


@dataclass(frozen=True)
class Timings:
    """`timings.json`."""

    finished: str
    seconds: Seconds
    machine: Machine
    versions: dict[str, str]


@dataclass(frozen=True)
class Records:
    """All that the page is drawn from.

    Attributes:
        results: the study's results.
        architecture: the chosen network.
        classes: a name for every class.
        classes_named: whether the names come from the model file; else they are numbers.
        timings: seconds, machine and versions, if the folder holds them.
        study: the study file as text, if the folder holds it.
    """

    results: Results
    architecture: Architecture
    classes: tuple[str, ...]
    classes_named: bool
    timings: Timings | None
    study: str | None


def read_records(folder: StudyFolder) -> Records:
    """Read a study folder; only `results.json` must be there.

    Raises:
        StudyFolderError: there are no results, or a file is damaged or does not belong to the others.
        ModelFileError: the model file is damaged.
    """
    if not folder.results.is_file():
        raise StudyFolderError(
            f"{folder.path}: no {folder.results.name} there, so there is nothing to report; {_remedy(folder)}"
        )
    try:
        results = decode(Results, _json(folder.results))
        architecture = _checked(results)
    except (ValueError, SettingError) as error:
        raise _damaged(folder, folder.results, error) from error
    model = load_model(folder.model) if folder.model.is_file() else None
    if model is not None and not _belongs(model, results):
        raise StudyFolderError(f"{folder.model}: not the model of {folder.results.name}; {_remedy(folder)}")
    try:
        timings = decode(Timings, _json(folder.timings)) if folder.timings.is_file() else None
    except ValueError as error:
        raise _damaged(folder, folder.timings, error) from error
    try:
        study = _text(folder.study) if folder.study.is_file() else None
    except ValueError as error:
        raise _damaged(folder, folder.study, error) from error
    classes = model.classes if model else tuple(map(str, range(len(results.test.per_class))))
    return Records(results, architecture, classes, model is not None, timings, study)


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except RecursionError as error:
        raise ValueError("no JSON file: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON file: {error}") from error


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"{size:,} bytes; expected at most {MAX_BYTES:,}")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8 text ({error.reason} at byte {error.start})") from error


def _checked(results: Results) -> Architecture:
    """The chosen network, once the parts of `results` are seen to fit each other."""
    test, final = results.test, results.final
    if sum(results.is_chosen(cell) for cell in results.search.cells) != 1:
        raise ValueError("choice is not one of search.cells")
    if not all(cell.folds for cell in results.search.cells):
        raise ValueError("a cell of search.cells has no folds")
    if [epoch.epoch for epoch in final.history] != list(range(1, final.epochs + 1)) or not final.history:
        raise ValueError("final.history does not hold the epochs 1 to final.epochs")
    if not 1 <= final.best_epoch <= final.epochs:
        raise ValueError("final.best_epoch is no epoch of final.history")
    if not test.n >= 1 or test.correct > test.n:
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


def _belongs(model: Model, results: Results) -> bool:
    return model.hash == results.final.model and len(model.classes) == len(results.test.per_class)


def _damaged(folder: StudyFolder, path: Path, why: Exception) -> StudyFolderError:
    return StudyFolderError(f"{path}: not as gossamer writes it ({why}); {_remedy(folder)}")


def _remedy(folder: StudyFolder) -> str:
    study = f"{folder.study} " if folder.study.is_file() else ""
    return f"`gossamer run {study}--out {folder.path}` writes it, and fits only what its journal does not hold"
