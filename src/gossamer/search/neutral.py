"""The neutral value of every setting that is left out of keys where it has that value.

A fit's key and a study's identity hold only what differs from the neutral values, so that a new setting
changes neither as long as it is neutral. The table is frozen: lines are added, never changed or removed. It
is apart from a study's defaults, which may change. The settings that the first keys were made of are always
written: learning rate, batch size, epochs, patience and the network's words among them.
"""

from collections.abc import Mapping
from typing import Any

NEUTRAL: dict[str, Any] = {
    "data.subset": 0,
    "search.stratified": True,
    "search.repeats": 1,
    "search.strategy": "grid",
    "search.nested": False,
    "search.holdout": 0.2,
    "training.optimizer": "adam",
    "training.weight_decay": 0.0,
    "training.schedule": "constant",
    "training.label_smoothing": 0.0,
    "training.class_weights": "none",
    "training.ema": 0.0,
    "training.flip": "none",
    "training.shift": 0,
    "training.rotate": 0.0,
    "training.zoom": 0.0,
    "training.brightness": 0.0,
    "training.contrast": 0.0,
    "training.erase": 0,
}
"""By section and name, as in a study file."""


def without_neutral(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a section by name, without those that are neutral; a list of one value is that value."""
    return {name: value for name, value in values.items() if not _is_neutral(f"{section}.{name}", value)}


def with_neutral(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` of a section by name, and the neutral ones that `without_neutral` left out."""
    prefix = f"{section}."
    return {
        place.removeprefix(prefix): value for place, value in NEUTRAL.items() if place.startswith(prefix)
    } | dict(values)


def _is_neutral(place: str, value: Any) -> bool:
    return place in NEUTRAL and value in (NEUTRAL[place], [NEUTRAL[place]], (NEUTRAL[place],))
