"""The figures of a cell over its folds, of the last epoch and of the best one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import fmean, stdev

from gossamer.reprs import Summarized
from gossamer.search.setting import Setting
from gossamer.training import Epoch, best_epoch, predicts_one_class


@dataclass(frozen=True, eq=False, repr=False)
class Cell(Summarized):
    """A setting with the histories of its fits, one per fold (and repeat), in the order of the folds.

    Means and spreads (sample standard deviations, n - 1) are over the folds. They are NaN if a fold diverged,
    and spreads of one fold are.

    Attributes:
        setting: how the fits were done.
        histories: theirs.
        before: the cells of the same setting on earlier rungs, in their order.
    """

    setting: Setting
    histories: tuple[tuple[Epoch, ...], ...]
    before: tuple["Cell", ...] = ()

    @property
    def epochs(self) -> int:
        """How many epochs each fold was trained."""
        return len(self.histories[0])

    @property
    def rungs(self) -> dict[int, "Cell"]:
        """The setting's cells by their epochs, this one last."""
        return {cell.epochs: cell for cell in (*self.before, self)}

    @property
    def last(self) -> list[Epoch]:
        """Each fold's last epoch."""
        return [history[-1] for history in self.histories]

    @property
    def best(self) -> list[Epoch]:
        """Each fold's epoch of the lowest validation loss."""
        return [best_epoch(history) for history in self.histories]

    @property
    def diverged(self) -> bool:
        """Whether the last loss of a fold is NaN."""
        return any(isnan(epoch.val_loss) for epoch in self.last)

    @property
    def one_class_folds(self) -> int:
        """In how many folds the last epoch gives every validation image the same class."""
        return sum(predicts_one_class(epoch, self.setting.network.classes) for epoch in self.last)

    @property
    def mean_val_loss(self) -> float:  # noqa: D102
        return fmean(epoch.val_loss for epoch in self.last)

    @property
    def mean_val_accuracy(self) -> float:  # noqa: D102
        return fmean(epoch.val_accuracy for epoch in self.last)

    @property
    def std_val_loss(self) -> float:  # noqa: D102
        return _spread([epoch.val_loss for epoch in self.last])

    @property
    def std_val_accuracy(self) -> float:  # noqa: D102
        return _spread([epoch.val_accuracy for epoch in self.last])

    @property
    def mean_val_balanced_accuracy(self) -> float:  # noqa: D102
        return fmean(epoch.val_balanced_accuracy for epoch in self.last)

    @property
    def std_val_balanced_accuracy(self) -> float:  # noqa: D102
        return _spread([epoch.val_balanced_accuracy for epoch in self.last])

    @property
    def mean_val_macro_f1(self) -> float:  # noqa: D102
        return fmean(epoch.val_macro_f1 for epoch in self.last)

    @property
    def std_val_macro_f1(self) -> float:  # noqa: D102
        return _spread([epoch.val_macro_f1 for epoch in self.last])

    @property
    def mean_best_val_loss(self) -> float:  # noqa: D102
        return fmean(epoch.val_loss for epoch in self.best)

    @property
    def mean_best_val_accuracy(self) -> float:  # noqa: D102
        return fmean(epoch.val_accuracy for epoch in self.best)


def _spread(values: Sequence[float]) -> float:
    return nan if len(values) < 2 or any(map(isnan, values)) else stdev(values)  # which refuses both
