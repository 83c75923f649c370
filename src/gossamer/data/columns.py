"""The names of columns in tables of pictures; upper and lower case are equal."""

from collections.abc import Sequence

from gossamer.errors import DataError

PATH = (
    "path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "image_file",
    "img",
)
LABEL = ("label", "class", "category", "target", "class_name", "labels", "fine_label", "y")
DELIMITERS = ",;\t"
SPLIT = ("split", "set", "part", "subset", "partition")


def delimiter_of(first_line: str) -> str:
    """The delimiter of a table: the most frequent of comma, semicolon and tab in its first line."""
    return max(DELIMITERS, key=first_line.count)


def find_column(columns: Sequence[str], names: Sequence[str], what: str, where: str, advice: str = "") -> str:
    """The one column whose name is one of `names`; errors call it `what` and its table `where`.

    Raises:
        DataError: there is none, or more than one.
    """
    found = [column for column in columns if column.strip().lower() in names]
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{where}: both {found[0]!r} and {found[1]!r} may be {what}; expected one of them")
    shown = ", ".join(repr(column[:40]) for column in columns[:8]) or "none"
    raise DataError(f"{where}: no column of {what} among {shown}; call it {names[0]!r}{advice}")
