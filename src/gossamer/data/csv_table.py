"""A CSV file with a row a picture: where the picture lies, its class, and the part it belongs to, if any."""

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

MAX_FILE_BYTES = 256 << 20
_OR_PIXELS = ", or give each pixel a column: label,pixel0,pixel1 and so on"


def recognises(path: Path) -> bool:
    """Whether `path` is a file that is called .csv or .tsv."""
    return path.is_file() and path.suffix.lower() in {".csv", ".tsv"}


def read(path: Path, reading: Reading) -> Dataset:
    """The data set that the table in `path` lists; its pictures lie in the table's folder or below it.

    The first row names the columns: one of `columns.PATH`, one of `columns.LABEL`, and, if there are parts,
    one of `columns.SPLIT`, whose values `parts.arrange` puts together. Without parts a fifth of each class
    becomes the test set. What stands between the fields is a comma, a semicolon or a tab, whichever is in the
    first row.

    Raises:
        DataError: the table or a picture is not what it must be.
        OSError: the table cannot be read.
    """
    where, root = str(path), path.resolve().parent
    rows = _rows(path)
    _, names = next(rows, (0, []))
    columns = [name.strip().lower() for name in names]
    place = names.index(find_column(names, PATH, "the pictures' paths", where, _OR_PIXELS))
    label = names.index(find_column(names, LABEL, "the pictures' classes", where))
    split = names.index(find_column(names, SPLIT, "the parts", where)) if set(columns) & set(SPLIT) else None
    listed: dict[str, list[Listed]] = {}
    for line, row in rows:
        if not row:
            continue
        if len(row) != len(names):
            raise DataError(
                f"{where}, line {line}: {len(row)} fields, expected {len(names)} as in line 1; mend it"
            )
        at = f"{where}, line {line}"
        if row[label].strip() == "":
            raise DataError(f"{at}: names no class; give one, or remove the line")
        part = WHOLE if split is None else row[split].strip()
        read_row = partial(_read_inside, at, row[place], root, reading)
        origin = Origin("", row[place])
        listed.setdefault(part, []).append(Listed(f"{at}, {row[place]!r}", origin, row[label], read_row))
    if not listed:
        raise DataError(f"{where}: lists no pictures; expected a row for each below the first")
    parts = None if split is None else arrange(listed, where)
    if split is not None and parts is None:
        found = ", ".join(repr(part[:40]) for part in list(listed)[:8])
        raise DataError(f"{where}: {names[split]!r} holds {found}; expected train, and test or val")
    return PictureSet(where, reading).dataset(path.stem, listed, parts)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The table's rows, each with its line's number."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DataError(f"{path}: {size:,} bytes; a table of at most {MAX_FILE_BYTES:,} is read")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: is no UTF-8 text (byte {error.start:,}); save it as CSV in UTF-8"
        ) from error
    delimiter = delimiter_of(text.partition("\n")[0])
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: no CSV ({error}); mend it") from error


def _read_inside(at: str, place: str, root: Path, reading: Reading) -> NDArray[np.uint8]:
    spellings = dict.fromkeys((place, place.replace("\\", "/")))  # the second as Windows writes it
    path = next((root / each for each in spellings if _is_inside(root / each, root)), None)
    if path is None:
        advice = "write / instead of a backslash, and " if len(spellings) > 1 else ""
        raise DataError(
            f"{at}: {place[:200]!r} is not there, or lies outside the table's folder; {advice}put the picture"
            " below it"
        )
    try:
        return read_picture(path, reading)
    except DataError as error:
        raise DataError(f"{at}: {error}") from error


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return leads_inside(path, root)
    except ValueError:  # a NUL
        return False
