"""One fit: epochs, history, early stopping, checkpoint."""

from gossamer.training.checkpoint import Checkpoint
from gossamer.training.fit import Fitted, Recipe, fit
from gossamer.training.history import Epoch, best_epoch, should_stop

__all__ = ["Checkpoint", "Epoch", "Fitted", "Recipe", "best_epoch", "fit", "should_stop"]
