"""`results.json`: everything a study found, and nothing of the clock, the host or a path.

A figure is None where a fit diverged.
"""

from dataclasses import dataclass

from gossamer.study.record.codec import Count, Difference, Fraction, Loss
from gossamer.study.record.setting import Setting, shown_names

FORMAT = 1
"""Raised where the same key comes to mean something else, or goes away."""

UNEVEN = 1.5
"""Classes are uneven if the largest has more than this many times the images of the smallest."""


@dataclass(frozen=True)
class ClassSizes:
    """Training images of the smallest and of the largest class."""

    smallest: Count
    largest: Count


@dataclass(frozen=True)
class Duplicates:
    """Images that have a duplicate: among the training images, the test images, and across."""

    train: Count
    test: Count
    across: Count
    contradicting: Count


@dataclass(frozen=True)
class Data:  # noqa: D101
    name: str
    train_fingerprint: str
    test_fingerprint: str
    train: Count
    test: Count
    shape: tuple[Count, ...]
    class_sizes: ClassSizes
    duplicates: Duplicates


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
    """One setting of the search, trained up to `epochs` on every fold: means and spreads over the folds.

    `one_class_folds` counts the folds in which every validation image got the same class.
    """

    setting: Setting
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
    one_class_folds: Count
    published: Published | None


@dataclass(frozen=True)
class Shares:
    """Shares of a figure's variance between the cells: by the two values that vary, and their interaction."""

    by: dict[str, Fraction]
    interaction: Fraction


@dataclass(frozen=True)
class VarianceShares:  # noqa: D101
    val_loss: Shares | None
    val_accuracy: Shares | None


@dataclass(frozen=True)
class Rung:
    """A stage of the search: how many settings were trained, up to how many epochs."""

    settings: Count
    epochs: Count


@dataclass(frozen=True)
class ParetoRow:
    """A network by its best setting; dominated if another costs no more and is no less accurate.

    The figures are of its so many `epochs`, for which every network was trained.
    """

    setting: Setting
    parameters: Count
    multiply_adds: Count
    mean_val_accuracy: Fraction
    std_val_accuracy: Fraction | None
    dominated: bool
    epochs: Count | None = None
    activation_bytes: Count | None = None


@dataclass(frozen=True)
class Gain:
    """What a recipe of an alternative brought beside the first: `changed` are its values, in words."""

    changed: str
    networks: Count
    accuracy: Difference


@dataclass(frozen=True)
class Search:
    """The search, its cells in the order of the grid; `pareto` is there where networks are compared.

    `holdout` is the share of images that each hold-out keeps for validation, where there is one fold. `gains`
    are there where the study has alternatives of different recipes.
    """

    folds: Count
    repeats: Count
    stratified: bool
    epochs: Count
    strategy: str
    rungs: tuple[Rung, ...]
    cells: tuple[Cell, ...]
    variance_shares: VarianceShares | None
    pareto: tuple[ParetoRow, ...] | None
    holdout: Fraction | None = None
    gains: tuple[Gain, ...] | None = None


@dataclass(frozen=True)
class Comparison:
    """A setting against the selected one; a positive difference is worse."""

    setting: Setting
    difference: Difference
    low: Difference
    high: Difference
    p: Fraction
    p_holm: Fraction
    significant: bool


@dataclass(frozen=True)
class Selection:
    """The selected setting, the rule and its metric, and the other settings against it.

    Without a spread, of one fold, there are no comparisons.
    """

    setting: Setting
    rule: str
    metric: str
    comparisons: tuple[Comparison, ...] | None
    not_significant: tuple[Setting, ...] | None


@dataclass(frozen=True)
class OuterFold:
    """What the procedure selected on the rest of an outer fold, and how it did on the fold."""

    setting: Setting
    best_epoch: Count
    n: Count
    correct: Count
    accuracy: Fraction
    balanced_accuracy: Fraction
    macro_f1: Fraction
    loss: Loss | None


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
    val_balanced_accuracy: Fraction | None
    val_macro_f1: Fraction | None


@dataclass(frozen=True)
class Final:
    """The final fit: its images, when it stopped, its kept epoch's figures, its history, its model's hash.

    The kept epoch, `best_epoch`, is the one of the lowest validation loss; without early stopping (`patience`
    is 0) it is the last. Without validation images, validation figures are None.
    """

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
class WithoutDuplicates:
    """The score on the test images that duplicate no training image."""

    n: Count
    correct: Count
    accuracy: Fraction | None


@dataclass(frozen=True)
class TestSet:
    """The score on the test set, and how many models were scored on it."""

    __test__ = False  # no test of pytest's

    n: Count
    correct: Count
    accuracy: Fraction
    balanced_accuracy: Fraction
    macro_f1: Fraction
    loss: Loss | None
    without_duplicates: WithoutDuplicates
    accesses: Count
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True)
class Results:
    """`results.json`."""

    format: int
    data: Data
    network: Network
    engine: Engine
    seed: int
    search: Search
    selection: Selection
    nested: Nested | None
    final: Final
    test: TestSet

    @property
    def uneven(self) -> bool:
        """Whether accuracy alone would hide how the small classes do."""
        return self.data.class_sizes.largest > UNEVEN * self.data.class_sizes.smallest

    @property
    def finalists(self) -> list[Cell]:
        """The cells that were trained to the end, among which the rule selected."""
        cells = self.search.cells
        return [cell for cell in cells if len(self.search.rungs) == 1 or cell.epochs == self.selected.epochs]

    @property
    def selected(self) -> Cell:
        """The cell that the rule selected."""
        return next(cell for cell in self.search.cells if self.is_selected(cell))

    @property
    def shown_names(self) -> list[str]:
        """The names of a setting's values that tables of this study show."""
        return shown_names(cell.setting for cell in self.search.cells)

    def is_selected(self, cell: Cell) -> bool:
        """Whether `cell` is the selected one."""
        return cell.setting == self.selection.setting
