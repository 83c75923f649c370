"""What cells are compared by: a figure of a fold's last epoch, with the sign that makes lower better."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan, sqrt
from statistics import fmean, stdev

from gossamer.search.cells import Cell
from gossamer.training import Epoch


@dataclass(frozen=True)
class Metric:
    """A figure to compare cells by.

    Attributes:
        name: the figure's key in results.json.
        penalty: the figure of an epoch, negated where higher is better.
    """

    name: str
    penalty: Callable[[Epoch], float]

    def of_folds(self, cell: Cell) -> list[float]:
        """The penalty of each of the cell's folds."""
        return [self.penalty(epoch) for epoch in cell.last]

    def compares(self, cell: Cell) -> bool:
        """Whether every fold has the figure and none diverged; an older journal may lack a newer figure."""
        return not (cell.diverged or isnan(self.mean(cell)))

    def mean(self, cell: Cell) -> float:
        """Their mean."""
        return fmean(self.of_folds(cell))

    def standard_error(self, cell: Cell) -> float:
        """Their spread over the square root of their number.

        A heuristic: it takes the folds for independent, but they share most of their training images.
        """
        return stdev(self.of_folds(cell)) / sqrt(len(cell.histories))


LOSS = Metric("val_loss", lambda epoch: epoch.val_loss)
ACCURACY = Metric("val_accuracy", lambda epoch: -epoch.val_accuracy)
BALANCED_ACCURACY = Metric("val_balanced_accuracy", lambda epoch: -epoch.val_balanced_accuracy)
MACRO_F1 = Metric("val_macro_f1", lambda epoch: -epoch.val_macro_f1)
