"""Short one-line representations of large values, for interactive use."""

from dataclasses import fields
from typing import Any, cast

import numpy as np

SHOWN_TEXT, SHOWN_ITEMS = 60, 3
"""Texts and sequences up to this length are shown; of longer ones, the length."""


class Summarized:
    """A dataclass (`repr=False`) that shows the sizes of its arrays, bytes and long sequences."""

    __slots__ = ()

    def __repr__(self) -> str:
        shown = (
            f"{each.name}={_brief(getattr(self, each.name))}"
            for each in fields(cast("Any", self))
            if each.repr
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _brief(value: object) -> str:  # noqa: PLR0911 - one per kind of value
    match value:
        case np.ndarray():
            return f"<{value.dtype} {'x'.join(map(str, value.shape))}>"
        case bytes():
            return f"<{len(value):,} bytes>"
        case str() if len(value) > SHOWN_TEXT:
            return f"<{len(value):,} characters>"
        case dict() if value and all(isinstance(each, np.ndarray) for each in value.values()):
            return f"<{len(value)} arrays of {sum(each.size for each in value.values()):,} numbers>"
        case dict() if len(value) <= SHOWN_ITEMS:
            return "{" + ", ".join(f"{key!r}: {_brief(each)}" for key, each in value.items()) + "}"
        case dict() | list() | tuple() if len(value) > SHOWN_ITEMS:
            return f"<{len(value):,} items>"
        case _:
            return repr(value)
