"""Normalises class names, and checks that they differ."""

from collections.abc import Iterable
from unicodedata import normalize

from gossamer.errors import DataError


def normal_name(name: str) -> str:
    """`name` in Unicode's composed form (NFC), without white space around it.

    macOS writes "ü" in a folder's name as "u" with a combining diaeresis; other systems use one character.
    """
    return normalize("NFC", name).strip()


def distinct_names(names: Iterable[object]) -> tuple[str, ...]:
    """The class names, each as `normal_name` of its `str`. Metrics are stored by name, so names must differ.

    Raises:
        DataError: two of them are equal.
    """
    found: dict[str, None] = {}
    for name in map(normal_name, map(str, names)):
        if name in found:
            raise DataError(f"two classes are called {name[:40]!r}; expected a different name for each")
        found[name] = None
    return tuple(found)
