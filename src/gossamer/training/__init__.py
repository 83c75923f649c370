"""One fit: epochs, history, early stopping, checkpoint."""

from gossamer.training.checkpoint import Checkpoint
from gossamer.training.fit import Fitted, fit, fitted, is_finished, train, validate
from gossamer.training.history import Epoch, as_row, best_epoch, of_row, predicts_one_class, should_stop
from gossamer.training.recipe import CLASS_WEIGHTS, Recipe
from gossamer.training.schedule import SCHEDULES
from gossamer.training.teacher import Teacher
from gossamer.training.values import CHECKS, decay_conflict

__all__ = [
    "CHECKS",
    "CLASS_WEIGHTS",
    "SCHEDULES",
    "Checkpoint",
    "Epoch",
    "Fitted",
    "Recipe",
    "Teacher",
    "as_row",
    "best_epoch",
    "decay_conflict",
    "fit",
    "fitted",
    "is_finished",
    "of_row",
    "predicts_one_class",
    "should_stop",
    "train",
    "validate",
]
