"""Checks of values: each takes the place of a value and the value, and returns the value to keep."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from gossamer.errors import SettingError

Check = Callable[[str, Any], Any]


def whole(low: int, high: int) -> Check:
    """A whole number from `low` to `high`."""

    def check(place: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SettingError(f"{place} must be a whole number from {low} to {high}; got {shown(value)}")
        return value

    return check


def real(above: float, up_to: float) -> Check:
    """A number above `above` and at most `up_to`."""

    def check(place: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not above < value <= up_to:
            raise SettingError(
                f"{place} must be a number above {above:g} up to {up_to:g}; got {shown(value)}"
            )
        return float(value)

    return check


def from_zero(up_to: float) -> Check:
    """A number from 0 to `up_to`."""

    def check(place: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= up_to:
            raise SettingError(f"{place} must be a number from 0 to {up_to:g}; got {shown(value)}")
        return float(value)

    return check


def flag(place: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise SettingError(f"{place} must be true or false; got {shown(value)}")
    return value


def text(place: str, value: Any) -> str:
    """Any text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise SettingError(f"{place} must be a text in quotes; got {shown(value)}")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise SettingError(f"{place} holds bytes that are not text: {shown(value)}; rename it")
    return value


def text_or_none(place: str, value: Any) -> str:
    """Any text, also an empty one."""
    return "" if value == "" else text(place, value)


def one_of(*words: str) -> Check:
    """One of `words`."""

    def check(place: str, value: Any) -> str:
        if value not in words:
            known = ", ".join(map(repr, words))
            raise SettingError(f"{place} must be one of {known}; got {shown(value)}{nearest(value, words)}")
        return str(value)

    return check


def one_of_numbers(*numbers: int) -> Check:
    """One of `numbers`."""

    def check(place: str, value: Any) -> int:
        if isinstance(value, bool) or value not in numbers:
            known = ", ".join(map(str, numbers))
            raise SettingError(f"{place} must be one of {known}; got {shown(value)}")
        return int(value)

    return check


def axis(of: Check) -> Check:
    """One value or a list of different ones, each checked by `of`; kept as a tuple."""

    def check(place: str, value: Any) -> tuple[Any, ...]:
        values = list(value) if isinstance(value, list | tuple) else [value]
        if not values:
            raise SettingError(f"{place} is an empty list; give at least one value")
        checked = [of(f"{place}[{i}]" if len(values) > 1 else place, each) for i, each in enumerate(values)]
        for each in checked:
            if checked.count(each) > 1:
                raise SettingError(f"{place} lists {each!r} twice; each value may stand once")
        return tuple(checked)

    return check


def shown(value: Any) -> str:
    """`value` as Python writes it, shortened to fit a line."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def nearest(value: Any, words: Sequence[str]) -> str:
    """A hint at the word nearest to `value`, or nothing."""
    near = get_close_matches(str(value), words, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


MOST = 10**12
"""No budget is larger."""


def amount(place: str, value: int | str, thousand: int = 1000) -> int:
    """A budget as people write it: 20000, "20k" or "3M"; `thousand` is 1024 for bytes.

    Raises:
        SettingError: it is no whole number from 1 to MOST.
    """
    written = str(value).strip().lower()
    power = {"k": 1, "m": 2, "g": 3}.get(written[-1:], 0)
    try:
        found = float(written.removesuffix(written[-1:] if power else "")) * thousand**power
    except ValueError:
        found = 0.0
    if not (1 <= found <= MOST and found.is_integer()):
        raise SettingError(
            f"{place} must be a whole number above 0, such as 20000, 20k or 3M; got {shown(value)}"
        )
    return int(found)
