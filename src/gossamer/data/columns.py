"""The columns by which tables of pictures say what is what; capitals do not matter."""

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
    """What stands between the fields: a comma, a semicolon or a tab, whichever is in the first line most."""
    return max(DELIMITERS, key=first_line.count)


def find_column(columns: Sequence[str], names: Sequence[str], what: str, where: str, advice: str = "") -> str:
    """The one of `columns` that is called like one of `names`; errors speak of `what` in `where`.

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
