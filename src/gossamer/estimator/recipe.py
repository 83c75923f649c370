"""The recipe that a classifier's parameters spell; values are checked as a study's."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gossamer.checks import real, whole
from gossamer.errors import SettingError
from gossamer.training import CHECKS, Recipe, decay_conflict

BALANCED = "balanced"
"""The `class_weight` that the recipe knows itself, for it depends on which images are trained on."""

_PATIENCE, _VALIDATION = whole(1, 10_000), real(0, 0.9)


def recipe_of(parameters: Mapping[str, Any], seed: str) -> Recipe:
    """The recipe of a classifier with these `parameters`, of its `get_params`.

    Raises:
        SettingError: a value is out of range, or two contradict each other.
    """
    given = {
        name: value.item() if isinstance(value, np.generic) else value for name, value in parameters.items()
    }
    balanced = isinstance(given["class_weight"], str) and given["class_weight"] == BALANCED
    given["class_weights"] = BALANCED if balanced else "none"
    values = {name: check(name, given[name]) for name, check in CHECKS.items()}
    patience = None if given["patience"] is None else _PATIENCE("patience", given["patience"])
    _VALIDATION("validation", given["validation"])
    conflict = decay_conflict([values["optimizer"]], [values["weight_decay"]])
    if patience is not None and values["schedule"] != "constant":
        conflict = (
            f"schedule = {values['schedule']!r} spans all epochs, and patience = {patience} may stop before"
            " the last; set patience=None or schedule='constant'"
        )
    if conflict:
        raise SettingError(conflict)
    epochs = values.pop("epochs")
    return Recipe(seed, max_epochs=epochs, patience=patience, **values)
