"""What one fit did, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import inf, isclose, isnan, nan
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One epoch's figures; losses are mean cross entropies in nats, accuracies and F1 fractions.

    The training figures are running averages over the epoch's images; the validation figures were
    computed after it. A loss that is no number (the fit diverged) is NaN.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_balanced_accuracy: float
    val_macro_f1: float


def predicts_one_class(epoch: Epoch, classes: int) -> bool:
    """Whether the network gave every validation image of the epoch the same class.

    Then one class has recall 1 and all others 0: balanced accuracy is 1 / classes, and macro-F1 follows from
    the accuracy, which is that class's share.
    """
    macro_f1 = 2 * epoch.val_accuracy / (1 + epoch.val_accuracy) / classes
    return isclose(epoch.val_balanced_accuracy, 1 / classes) and isclose(epoch.val_macro_f1, macro_f1)


def as_row(epoch: Epoch) -> list[float | None]:
    """The epoch's fields in their order, as JSON holds them: null for NaN."""
    return [None if isnan(value) else value for value in astuple(epoch)]


def of_row(row: Sequence[Any]) -> Epoch:
    """The epoch that `as_row` gave.

    Raises:
        ValueError, TypeError: it is none.
    """
    number, *figures = row
    return Epoch(int(number), *(nan if figure is None else float(figure) for figure in figures))


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The epoch of the lowest validation loss, the first of equals; the first one if none is a number."""
    return min(history, key=lambda epoch: epoch.val_loss if epoch.val_loss == epoch.val_loss else inf)


def should_stop(history: Sequence[Epoch], patience: int) -> bool:
    """Whether `patience` epochs in a row have brought no strictly lower validation loss."""
    return len(history) - best_epoch(history).epoch >= patience
