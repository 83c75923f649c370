"""The history of a fit, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import inf, isclose, isnan, nan
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch. Losses are mean cross entropies in nats; accuracies and F1 are fractions.

    The training figures are running averages over the epoch's images; the validation figures are computed
    after it. The loss of a fit that diverged is NaN. Fields are only ever added, at the end and with NaN as
    their default: a row of an older journal lacks the newer ones.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_balanced_accuracy: float = nan
    val_macro_f1: float = nan


def predicts_one_class(epoch: Epoch, classes: int) -> bool:
    """Whether the network predicted the same class for every validation image of the epoch.

    Then one class has recall 1 and all others 0. Balanced accuracy is 1 / classes, and macro-F1 follows from
    the accuracy, which is the share of that class.
    """
    macro_f1 = 2 * epoch.val_accuracy / (1 + epoch.val_accuracy) / classes
    return isclose(epoch.val_balanced_accuracy, 1 / classes) and isclose(epoch.val_macro_f1, macro_f1)


def as_row(epoch: Epoch) -> list[float | None]:
    """The fields of the epoch in their order, for JSON: None for NaN."""
    return [None if isnan(value) else value for value in astuple(epoch)]


def of_row(row: Sequence[Any]) -> Epoch:
    """The inverse of `as_row`; figures that a shorter row lacks are NaN.

    Raises:
        ValueError, TypeError: the row is not one of `as_row`.
    """
    number, *figures = row
    return Epoch(int(number), *(nan if figure is None else float(figure) for figure in figures))


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The epoch of the lowest validation loss, the first of equals; the first epoch if all are NaN."""
    return min(history, key=lambda epoch: epoch.val_loss if epoch.val_loss == epoch.val_loss else inf)


def should_stop(history: Sequence[Epoch], patience: int) -> bool:
    """Whether `patience` epochs in a row have brought no strictly lower validation loss."""
    return len(history) - best_epoch(history).epoch >= patience
