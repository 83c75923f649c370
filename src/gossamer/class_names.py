"""The names of classes as they are kept: what reads the same is one name, and no two classes share one."""

from collections.abc import Iterable
from unicodedata import normalize

from gossamer.errors import DataError


def normal_name(name: str) -> str:
    """`name` in Unicode's composed form (NFC), without white space around it.

    A Mac writes "ü" in a folder's name as "u" and a combining diaeresis; a table or another machine writes
    one letter.
    """
    return normalize("NFC", name).strip()


def distinct_names(names: Iterable[object]) -> tuple[str, ...]:
    """The names of different classes, `str` of each as `normal_name`.

    Figures are kept by them, so that none stands for two.

    Raises:
        DataError: two of them are the same.
    """
    found: dict[str, None] = {}
    for name in map(normal_name, map(str, names)):
        if name in found:
            raise DataError(f"two labels are called {name[:40]!r}; expected a name of its own for each class")
        found[name] = None
    return tuple(found)
