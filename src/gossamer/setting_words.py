"""A setting in words: its values' names and what they are, as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.numbers import count, rate


def heading(name: str) -> str:
    """The name of a setting's value in words."""
    return "network" if name == "layers" else name.replace("_", " ")


def shown(value: str | float | None) -> str:
    """A setting's value for a person: numbers in as many digits as they have."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return count(value)
        case float():
            return rate(value)
        case _:
            return "" if value is None else value


def in_words(setting: Mapping[str, Any], names: Sequence[str]) -> str:
    """The values of those names in a sentence: "learning rate 0.001, batch size 64"."""
    return ", ".join(
        shown(setting.get(name)) if name == "layers" else f"{heading(name)} {shown(setting.get(name))}"
        for name in names
    )
