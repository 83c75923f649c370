"""A setting as a record holds it: values by name, of which tables show those that vary in the study."""

from collections.abc import Iterable, Mapping
from typing import Any

from gossamer.study.record.codec import Count, Difference, Rate, decode_at

Value = str | int | float | bool

KNOWN: Mapping[str, Any] = {"layers": str, "learning_rate": Rate, "batch_size": Count}
"""What every setting has, and of what kind."""
FIRST = (*KNOWN, "epochs")
"""The names that come first; others follow by the alphabet."""
ALWAYS_SHOWN = ("learning_rate", "batch_size")


class Setting(dict[str, Value]):
    """Values by name: layers, learning_rate, batch_size, and others; never changed once made.

    The names have one order, however they come: JSON files are sorted.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__(sorted(values.items(), key=lambda item: _place(item[0])))

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    @classmethod
    def decode_at(cls, place: str, table: Mapping[str, Any]) -> "Setting":
        """The setting that the JSON object `table` at `place` holds.

        Raises:
            ValueError: a value is missing, of another kind or out of range; the message names it.
        """
        missing = [name for name in KNOWN if name not in table]
        if missing:
            raise ValueError(f"{place}.{missing[0]} is missing")
        return cls({name: _value(f"{place}.{name}", name, value) for name, value in table.items()})


def _place(name: str) -> tuple[int, str]:
    return FIRST.index(name) if name in FIRST else len(FIRST), name


def _value(place: str, name: str, value: Any) -> Value:
    if name in KNOWN:
        found: Value = decode_at(place, KNOWN[name], value)
        return found
    if isinstance(value, bool | str):
        return value
    number: Value = decode_at(place, Difference, value)
    return number


def shown_names(settings: Iterable[Setting]) -> list[str]:
    """The names that a table of `settings` has a column for: those that vary, the rate and the batch size."""
    values: dict[str, set[Value | None]] = {}
    settings = list(settings)
    for name in dict.fromkeys(name for setting in settings for name in setting):
        values[name] = {setting.get(name) for setting in settings}
    return [name for name, there in values.items() if len(there) > 1 or name in ALWAYS_SHOWN]
