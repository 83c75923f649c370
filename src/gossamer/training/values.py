"""What the values of a recipe may be, wherever they are given: in a study file or to a classifier."""

from collections.abc import Mapping, Sequence

from gossamer.checks import Check, from_zero, one_of, real, whole
from gossamer.data import FLIPS
from gossamer.engine import SLOTS
from gossamer.training.recipe import CLASS_WEIGHTS
from gossamer.training.schedule import SCHEDULES

CHECKS: Mapping[str, Check] = {
    "learning_rate": real(0, 10),
    "batch_size": whole(1, 65_536),
    "epochs": whole(1, 10_000),
    "optimizer": one_of(*SLOTS),
    "weight_decay": from_zero(10),
    "schedule": one_of(*SCHEDULES),
    "label_smoothing": from_zero(0.9),
    "class_weights": one_of(*CLASS_WEIGHTS),
    "ema": from_zero(0.99999),
    "flip": one_of(*FLIPS),
    "shift": whole(0, 1000),
    "rotate": from_zero(180),
    "zoom": from_zero(0.5),
    "brightness": from_zero(1),
    "contrast": from_zero(1),
    "erase": whole(0, 1000),
}
"""The check of every value, by its name in a study file; `gossamer.training.Recipe` says what they are."""


def decay_conflict(optimizers: Sequence[str], decays: Sequence[float], section: str = "") -> str | None:
    """What is wrong with weight decays of which an optimizer takes none; None if nothing is.

    `section` goes before the names, as in "training.".
    """
    if "adam" not in optimizers or not any(decays):
        return None
    return (
        f"{section}weight_decay = {max(decays):g} needs {section}optimizer = 'adamw' or 'sgd'; 'adam' takes"
        " none"
    )
