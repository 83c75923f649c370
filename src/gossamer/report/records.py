"""What the page is drawn from: the keys of `results.json` and `timings.json` that it shows, and no others.

A figure is None where a fit diverged.
"""

from dataclasses import dataclass

from gossamer.network import Architecture, Model
from gossamer.report.decode import Count, Difference, Fraction, Loss, Rate
from gossamer.reprs import Summarized

UNEVEN = 1.5
"""Classes are called uneven where the largest has more than so many times the smallest's images."""


@dataclass(frozen=True)
class ClassSizes:
    """Training images of the smallest and of the largest class."""

    smallest: Count
    largest: Count


@dataclass(frozen=True)
class Data:  # noqa: D101
    name: str
    train: Count
    test: Count
    shape: tuple[Count, ...]
    class_sizes: ClassSizes
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
    val_balanced_accuracy: Fraction | None
    val_macro_f1: Fraction | None
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
    """One setting of the grid, over its folds."""

    layers: str
    learning_rate: Rate
    batch_size: Count
    epochs: Count
    folds: tuple[Fold, ...]
    mean_val_loss: Loss | None
    mean_val_accuracy: Fraction | None
    std_val_loss: Loss | None
    std_val_accuracy: Fraction | None
    mean_val_balanced_accuracy: Fraction | None
    std_val_balanced_accuracy: Fraction | None
    mean_val_macro_f1: Fraction | None
    std_val_macro_f1: Fraction | None
    mean_best_val_loss: Loss | None
    mean_best_val_accuracy: Fraction | None
    published: Published | None
    one_class_folds: Count = 0
    """In how many folds every validation image got the same class; files of older versions do not say."""


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
class Rung:
    """So many settings were trained up to so many epochs."""

    settings: Count
    epochs: Count


@dataclass(frozen=True)
class ParetoRow:
    """A network by its best setting; dominated if another costs no more and is no less accurate."""

    layers: str
    parameters: Count
    multiply_adds: Count
    mean_val_accuracy: Fraction
    std_val_accuracy: Fraction
    dominated: bool


@dataclass(frozen=True)
class Search:  # noqa: D101
    folds: Count
    repeats: Count
    stratified: bool
    epochs: Count
    rungs: tuple[Rung, ...]
    cells: tuple[Cell, ...]
    variance_shares: VarianceShares | None
    pareto: tuple[ParetoRow, ...] | None


@dataclass(frozen=True)
class Comparison:
    """A setting against the selected one; a positive difference is worse."""

    layers: str
    learning_rate: Rate
    batch_size: Count
    difference: Difference
    low: Difference
    high: Difference
    p: Fraction
    p_holm: Fraction
    significant: bool


@dataclass(frozen=True)
class Selection:  # noqa: D101
    layers: str
    learning_rate: Rate
    batch_size: Count
    rule: str
    metric: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class OuterFold:
    """What the procedure selected on the rest of an outer fold, and how it did on the fold."""

    layers: str
    learning_rate: Rate
    batch_size: Count
    n: Count
    accuracy: Fraction


@dataclass(frozen=True)
class Nested:
    """The whole procedure, scored by nested cross validation."""

    mean_accuracy: Fraction
    std_accuracy: Fraction
    folds: tuple[OuterFold, ...]


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
    val_balanced_accuracy: Fraction | None
    val_macro_f1: Fraction | None
    history: tuple[Epoch, ...]
    model: str


@dataclass(frozen=True)
class ClassScore:  # noqa: D101
    precision: Fraction
    recall: Fraction
    f1: Fraction
    images: Count


@dataclass(frozen=True)
class SealedTest:  # noqa: D101
    n: Count
    correct: Count
    accuracy: Fraction
    balanced_accuracy: Fraction
    macro_f1: Fraction
    loss: Loss | None
    accesses: Count
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[Count, ...], ...]


def setting_of(record: Cell | Comparison | Selection) -> tuple[str, float, int]:
    """What names a setting."""
    return record.layers, record.learning_rate, record.batch_size


@dataclass(frozen=True)
class Results:
    """`results.json`."""

    data: Data
    network: Network
    engine: Engine
    seed: int
    search: Search
    selection: Selection
    nested: Nested | None
    final: Final
    test: SealedTest

    @property
    def uneven(self) -> bool:
        """Whether accuracy alone would hide how the small classes do."""
        return self.data.class_sizes.largest > UNEVEN * self.data.class_sizes.smallest

    @property
    def finalists(self) -> list[Cell]:
        """The settings that were trained to the end, among which the rule selected."""
        return [cell for cell in self.search.cells if cell.epochs == self.selected.epochs]

    @property
    def selected(self) -> Cell:
        """The cell that the rule selected."""
        return next(cell for cell in self.search.cells if self.is_selected(cell))

    def is_selected(self, cell: Cell) -> bool:
        """Whether `cell` is the selected setting."""
        return setting_of(cell) == setting_of(self.selection)


@dataclass(frozen=True)
class Seconds:  # noqa: D101
    search_fits: Loss
    final_fit: Loss
    this_run: Loss


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
class FoldCurve:
    """One fit's figures, an entry an epoch."""

    train_loss: tuple[Loss | None, ...]
    val_loss: tuple[Loss | None, ...]
    train_accuracy: tuple[Fraction | None, ...]
    val_accuracy: tuple[Fraction | None, ...]


@dataclass(frozen=True)
class Bin:
    """Images whose confidence lies above `low`, up to `high`."""

    low: Fraction
    high: Fraction
    images: Count
    confidence: Fraction | None
    accuracy: Fraction | None


@dataclass(frozen=True)
class Reliability:  # noqa: D101
    temperature: Rate
    loss: Loss
    error: Fraction
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """On the test set, before and after temperature scaling on `fitted_on` validation images."""

    fitted_on: Count
    before: Reliability
    after: Reliability


@dataclass(frozen=True)
class Answer:
    """An image, where its source has it, its label, and what it was predicted as."""

    row: Count
    label: Count
    predicted: Count
    confidence: Fraction | None
    of_label: Fraction | None
    origin: str


@dataclass(frozen=True, repr=False)
class Answers(Summarized):
    """Answers, and the pixels of the first of them, uint8 (n, H, W, C) in base 64."""

    answers: tuple[Answer, ...]
    pixels: str


@dataclass(frozen=True, repr=False)
class LabelErrors(Summarized):
    """Possible label errors: how many, by label (row) and suggested class (column), and the first of them."""

    count: Count
    by_class: tuple[tuple[Count, ...], ...]
    answers: tuple[Answer, ...]
    pixels: str


@dataclass(frozen=True)
class Details:
    """`details.json`; curves are by cell, then by fold."""

    model: str
    curves: tuple[tuple[FoldCurve, ...], ...]
    calibration: Calibration | None
    errors: Answers
    correct: Answers
    doubts: LabelErrors


@dataclass(frozen=True, eq=False)
class Records:
    """All that the page is drawn from.

    Attributes:
        results: the study's results.
        details: what was looked at beyond them, if the folder holds it.
        architecture: the selected network.
        classes: a name for every class.
        model: the selected model, if the folder holds it; else classes have numbers for names.
        model_bytes: the size of its file.
        timings: seconds, machine and versions, if the folder holds them.
        study: the study file as text, if the folder holds it.
    """

    results: Results
    details: Details | None
    architecture: Architecture
    classes: tuple[str, ...]
    model: Model | None
    model_bytes: int
    timings: Timings | None
    study: str | None
