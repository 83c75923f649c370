"""What one fit did, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf


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


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The epoch of the lowest validation loss, the first of equals; the first one if none is a number."""
    return min(history, key=lambda epoch: epoch.val_loss if epoch.val_loss == epoch.val_loss else inf)


def should_stop(history: Sequence[Epoch], patience: int) -> bool:
    """Whether `patience` epochs in a row have brought no strictly lower validation loss."""
    return len(history) - best_epoch(history).epoch >= patience
