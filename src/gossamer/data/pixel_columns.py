"""Finds the columns of labels and of pixels by the first row of a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.data.columns import LABEL, PATH, SPLIT, find_column
from gossamer.errors import DataError

LEAST_PIXELS = 4
_INDEX = {"", "unnamed: 0", "index", "id"}
"""Columns that number the rows, as pandas writes them."""
_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"\s*-?\d{1,9}(\.\d*)?(e[+-]?\d{1,3})?\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class PixelColumns:
    """The columns of a table of pixels, by index.

    Attributes:
        names: the columns' names in errors.
        labels: the column of labels; empty if there is none; the first and the last column if the first row
            does not say which of them it is.
        pixels: the columns that certainly are pixels, in the order of the image.
        headed: whether the first row holds names.
        left_out: the names of all other columns.
    """

    names: tuple[str, ...]
    labels: tuple[int, ...]
    pixels: tuple[int, ...]
    headed: bool
    left_out: tuple[str, ...] = ()


def find_pixel_columns(row: Sequence[str], where: str) -> PixelColumns | None:
    """The columns of a table with this first row; None if it is not a table of pixels.

    Names of pixels end in numbers (pixel0, 1x1), which give their order. A row that holds only numbers, or
    numbers and one text as its first or last field, holds no names.

    Raises:
        DataError: by their names, two columns may be the labels, or a column names the rows' parts.
    """
    fields = [field.strip().lower() for field in row]
    if len(fields) <= LEAST_PIXELS or set(fields) & set(PATH):
        return None
    texts = [place for place, field in enumerate(fields) if not _NUMBER.fullmatch(field)]
    last, counted = len(fields) - 1, _are_names(fields)
    if not texts:
        names = tuple(row) if counted else _numbered(row)
        return PixelColumns(names, (0, last), tuple(range(1, last)), headed=counted)
    if texts in ([0], [last]) and fields[texts[0]] not in {*LABEL, *_INDEX} and not counted:
        pixels = tuple(place for place in range(len(fields)) if place != texts[0])
        return PixelColumns(_numbered(row), (texts[0],), pixels, headed=False)
    return _by_names(row, fields, where)


def _by_names(row: Sequence[str], fields: Sequence[str], where: str) -> PixelColumns | None:
    others = [
        place for place, name in enumerate(fields) if name in {*LABEL, *_INDEX} or not name[-1:].isdecimal()
    ]
    pixels = [place for place in range(len(fields)) if place not in set(others)]
    if len(pixels) < max(LEAST_PIXELS, len(others)):
        return None
    named = [row[place] for place in others if fields[place] not in _INDEX]
    for name in named:
        if name.strip().lower() in SPLIT:
            raise DataError(
                f"{where}: the parts in {name!r} are not read from a table of pixels; write train.csv and"
                " test.csv into a folder"
            )
    labels = [find_column(named, LABEL, "labels", where)] if len(named) > 1 else named
    left_out = tuple(name for name in named if name not in labels)
    numbers = [tuple(map(int, _DIGITS.findall(fields[place]))) for place in pixels]
    if len(set(numbers)) == len(numbers):
        pixels = [place for _, place in sorted(zip(numbers, pixels, strict=True))]
    return PixelColumns(
        tuple(row), tuple(map(row.index, labels)), tuple(pixels), headed=True, left_out=left_out
    )


def _are_names(fields: Sequence[str]) -> bool:
    """Whether the numbers among the fields are column names.

    They are if they count from 0 or 1, or have fractions: pandas turns a first row of three zeros into the
    names 0, 0.1 and 0.2.
    """
    numbers = [field for field in fields if _NUMBER.fullmatch(field)]
    counting = ([str(start + step) for step in range(len(numbers))] for start in (0, 1))
    return numbers in counting or not all(float(number).is_integer() for number in numbers)


def _numbered(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, len(row) + 1))
