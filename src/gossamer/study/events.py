"""The events of a running study."""

from collections.abc import Callable
from dataclasses import dataclass

from gossamer.data import Duplicates
from gossamer.evaluation import Metrics
from gossamer.search import Cell, Fit, RungWork
from gossamer.study.nested import Nested
from gossamer.training import Epoch


@dataclass(frozen=True)
class DataProgress:
    """A data set is being fetched: `done` of `total` bytes (None: unknown) of `label`."""

    label: str
    done: int
    total: int | None


@dataclass(frozen=True)
class StudyStarted:
    """Data and engine are there; the search follows."""

    data: str
    engine: str
    workers: int
    cells: int
    fits: int
    fits_found: int
    epochs: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DuplicatesFound:
    """There are duplicate images; reported before the first fit."""

    duplicates: Duplicates


@dataclass(frozen=True)
class RungStarted:
    """A rung of a search begins; a grid has one. `stage` names the search."""

    stage: str
    work: RungWork


@dataclass(frozen=True)
class FitProgress:
    """A fit of the search is running; `epochs` are done."""

    fit: Fit
    epochs: int


@dataclass(frozen=True)
class FitDone:
    """A fit of the search is in the journal, as far as its rung asks; `history` holds all its epochs."""

    fit: Fit
    seconds: float
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class CellSelected:
    """The search is over; the final fit follows."""

    cell: Cell


@dataclass(frozen=True)
class NestedDone:
    """The whole procedure has been scored on the outer folds."""

    nested: Nested


@dataclass(frozen=True)
class FinalEpoch:
    """The final fit, or its teacher, has done an epoch; `label` says which.

    It does `max_epochs`, or at most as many with `early_stopping`.
    """

    epoch: Epoch
    max_epochs: int
    early_stopping: bool
    label: str


@dataclass(frozen=True)
class ModelTested:
    """The selected model has been scored on the test set."""

    metrics: Metrics


Event = (
    DataProgress
    | StudyStarted
    | DuplicatesFound
    | RungStarted
    | FitProgress
    | FitDone
    | CellSelected
    | NestedDone
    | FinalEpoch
    | ModelTested
)
Observer = Callable[[Event], None]
