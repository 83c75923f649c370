"""A CSV file with one row per picture: its path, its class, and optionally its part (train, test, val)."""

import csv
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.columns import LABEL, PATH, SPLIT, delimiter_of, find_column
from gossamer.data.dataset import Dataset
from gossamer.data.links import leads_inside
from gossamer.data.origins import Origin
from gossamer.data.parts import arrange
from gossamer.data.picture_set import WHOLE, Listed, PictureSet
from gossamer.data.pictures import read_picture
from gossamer.data.reading import Reading
from gossamer.errors import DataError
from gossamer.untrusted import file_bytes

MAX_FILE_BYTES = 256 << 20
_OR_PIXELS = ", or give each pixel a column: label,pixel0,pixel1 and so on"


def recognises(path: Path) -> bool:
    """Whether `path` is a .csv or .tsv file."""
    return path.is_file() and path.suffix.lower() in {".csv", ".tsv"}


def read(path: Path, reading: Reading) -> Dataset:
    """The data set that the table `path` lists; its pictures are in the table's folder or below it.

    The first row names the columns: one of `columns.PATH`, one of `columns.LABEL`, and optionally one of
    `columns.SPLIT`, whose values `parts.arrange` interprets. Without parts, a fifth of each class becomes
    the test set. The delimiter is a comma, a semicolon or a tab.

    Raises:
        DataError: the table or a picture is invalid.
        OSError: the table cannot be read.
    """
    where, root = str(path), path.resolve().parent
    rows = _rows(path)
    _, names = next(rows, (0, []))
    columns = [name.strip().lower() for name in names]
    path_column = names.index(find_column(names, PATH, "the pictures' paths", where, _OR_PIXELS))
    label_column = names.index(find_column(names, LABEL, "the pictures' classes", where))
    split_column = (
        names.index(find_column(names, SPLIT, "the parts", where)) if set(columns) & set(SPLIT) else None
    )
    listed: dict[str, list[Listed]] = {}
    for line, row in rows:
        if not row:
            continue
        if len(row) != len(names):
            raise DataError(
                f"{where}, line {line}: {len(row)} fields, expected {len(names)} as in line 1; fix it"
            )
        at = f"{where}, line {line}"
        if row[label_column].strip() == "":
            raise DataError(f"{at}: names no class; give one, or remove the line")
        part = WHOLE if split_column is None else row[split_column].strip()
        read_row = partial(_read_inside, at, row[path_column], root, reading)
        origin = Origin("", row[path_column])
        listed.setdefault(part, []).append(
            Listed(f"{at}, {row[path_column]!r}", origin, row[label_column], read_row)
        )
    if not listed:
        raise DataError(f"{where}: lists no pictures; expected a row for each below the first")
    parts = None if split_column is None else arrange(listed, where)
    if split_column is not None and parts is None:
        found = ", ".join(repr(part[:40]) for part in list(listed)[:8])
        raise DataError(f"{where}: {names[split_column]!r} holds {found}; expected train, and test or val")
    return PictureSet(where, reading).dataset(path.stem, listed, parts)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The table's rows, each with its line number."""
    try:
        text = file_bytes(path, MAX_FILE_BYTES, "a table").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: is not UTF-8 text (byte {error.start:,}); save it as CSV in UTF-8"
        ) from error
    delimiter = delimiter_of(text.partition("\n")[0])
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: not CSV ({error}); fix it") from error


def _read_inside(at: str, written: str, root: Path, reading: Reading) -> NDArray[np.uint8]:
    spellings = dict.fromkeys((written, written.replace("\\", "/")))  # Windows writes backslashes
    path = next((root / each for each in spellings if _is_inside(root / each, root)), None)
    if path is None:
        advice = "write / instead of a backslash, and " if len(spellings) > 1 else ""
        raise DataError(
            f"{at}: {written[:200]!r} is not there, or outside the table's folder; {advice}put the"
            " picture below it"
        )
    try:
        return read_picture(path, reading)
    except DataError as error:
        raise DataError(f"{at}: {error}") from error


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return leads_inside(path, root)
    except ValueError:  # a NUL byte
        return False
