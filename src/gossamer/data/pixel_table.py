"""A CSV file with one row per image, its label and its pixels, as Kaggle publishes MNIST and others."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.class_names import normal_name
from gossamer.data.columns import delimiter_of
from gossamer.data.flat_rows import colour_side, square_side
from gossamer.data.labels import class_order
from gossamer.data.limits import MAX_BYTES
from gossamer.data.pixel_columns import PixelColumns, find_pixel_columns
from gossamer.errors import DataError
from gossamer.reprs import Summarized
from gossamer.untrusted import check_size

MAX_LINE = 16 << 20
"""Characters per row: enough for a colour image of 1024x1024."""
_BLOCK_ROWS, _BLOCK_CHARACTERS = 1024, 8 << 20
_MOST_CLASSES = 128
"""Distinct values of an unnamed column that may be the labels; pixels of photographs have more."""
_MOST_OF_A_CLASS = 0.9
"""Largest share of one label, to tell labels from pixels in a corner, which are mostly equal."""
_DECIMAL = re.compile(r"\d{1,9}\.\d*(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class PixelTable(Summarized):
    """What a table holds.

    Attributes:
        images: uint8 (N, H, W, C).
        labels: N texts.
        label: the index of the column of labels.
        notes: how the table was interpreted, one line each.
    """

    images: NDArray[np.uint8]
    labels: list[str]
    label: int
    notes: tuple[str, ...]


def columns_of(path: Path) -> PixelColumns | None:
    """The columns of the table in the file `path`; None if it is not a table of pixels.

    Raises:
        DataError: two columns may be the labels.
        OSError: the file cannot be read.
    """
    if path.suffix.lower() not in {".csv", ".tsv"} or not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline(MAX_LINE)
    try:
        return find_pixel_columns(_fields(first, delimiter_of(first)), str(path))
    except csv.Error:
        return None


def read_pixel_table(path: Path, columns: PixelColumns, label: int | None = None) -> PixelTable:
    """The images in the table `path` with the columns `columns`.

    `label` is the column of labels, if the first row does not say which it is. The pixels are a grey square,
    or else an RGB square, channels last.

    Raises:
        DataError: the table is invalid; the message names the row and the column.
        OSError: the file cannot be read.
    """
    check_size(path, path.stat().st_size, MAX_BYTES, "a table")
    if not columns.labels:
        raise DataError(
            f"{path}: no column of labels; call one 'label'. A competition's test table has none:"
            " name its training table"
        )
    shape, notes = _shape(len(columns.pixels) + len(columns.labels) - 1, path)
    if columns.left_out:
        names = ", ".join(repr(name[:40]) for name in columns.left_out[:8])
        notes += (f"{path}: neither labels nor pixels, and left out: {names}",)
    blocks = list(_blocks(path, columns))
    if not blocks:
        raise DataError(f"{path}: holds no images; expected a row for each")
    pixels = np.concatenate([block.pixels for block in blocks])
    candidates = [[text for block in blocks for text in block.texts[at]] for at in range(len(columns.labels))]
    label_index = 0
    if len(candidates) == 2:
        label_index = _labels_among(candidates, path) if label is None else columns.labels.index(label)
        taken = "last" if label_index else "first"
        notes += (
            f"{path}: no first row says which column is the labels; the {taken} is taken. If it is not, begin"
            " the file with a row such as label,pixel0,pixel1",
        )
        lines = [line for block in blocks for line in block.lines]
        other = _pixels(
            [[text] for text in candidates[1 - label_index]], lines, columns, [label_index - 1], path
        )
        pixels = np.hstack([other, pixels] if label_index else [pixels, other])
    return PixelTable(pixels.reshape(-1, *shape), candidates[label_index], columns.labels[label_index], notes)


def _shape(pixels: int, path: Path) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """An image's (H, W, C), and notes on it."""
    if side := square_side(pixels):
        return (side, side, 1), ()
    if side := colour_side(pixels):
        note = f"{path}: rows of {pixels:,} pixels are read as RGB images of {side}x{side}, channels last"
        return (side, side, 3), (note,)
    raise DataError(
        f"{path}: {pixels:,} columns of pixels; expected a square (28x28 is 784), or three times one for RGB."
        " Save other shapes as .npz"
    )


def _labels_among(candidates: Sequence[Sequence[str]], path: Path) -> int:
    """Which of the first (0) and last (1) column holds labels: few distinct values, each in many rows.

    If both look so, it is the one whose values count from 0 or 1 without one class of nearly all rows.
    """
    counts = [Counter(texts) for texts in candidates]
    rows = len(candidates[0])
    likely = [i for i in (0, 1) if 2 <= len(counts[i]) <= min(rows // 2, _MOST_CLASSES)]
    said = (
        "both the first and the last column may be the labels"
        if likely
        else "neither the first nor the last column looks like labels"
    )
    if len(likely) == 2:
        likely = [
            i
            for i in likely
            if class_order(counts[i]) in _numberings(len(counts[i]))
            and max(counts[i].values()) <= _MOST_OF_A_CLASS * rows
        ]
    if len(likely) == 1:
        return likely[0]
    raise DataError(
        f"{path}: no first row of names, and {said}; begin the file with a row such as label,pixel0,pixel1"
    )


def _numberings(classes: int) -> tuple[list[str], list[str]]:
    """The numbers 0 to count - 1, and 1 to count."""
    return [str(label) for label in range(classes)], [str(label + 1) for label in range(classes)]


@dataclass(frozen=True, eq=False, repr=False)
class _Block(Summarized):
    """Chunks of rows: line numbers, texts of each column that may be the labels, and pixels."""

    lines: list[int]
    texts: list[list[str]]
    pixels: NDArray[np.uint8]


def _blocks(path: Path, columns: PixelColumns) -> Iterator[_Block]:
    pixels_of = itemgetter(*columns.pixels)
    known: dict[str, str] = {}  # one string object per class
    for lines, rows in _rows(path, columns):
        texts = [
            [
                known.setdefault(text, text)
                for text in (_label(row[at], path, line) for row, line in zip(rows, lines, strict=True))
            ]
            for at in columns.labels
        ]
        pixels = _pixels([pixels_of(row) for row in rows], lines, columns, columns.pixels, path)
        yield _Block(lines, texts, pixels)


def _rows(path: Path, columns: PixelColumns) -> Iterator[tuple[list[int], list[list[str]]]]:
    """Chunks of the rows' fields and their line numbers."""
    lines: list[int] = []
    rows: list[list[str]] = []
    held = 0
    for number, text in _lines(path):
        if number == 1:
            delimiter = delimiter_of(text)
            if columns.headed:
                continue
        if not text.strip():
            continue
        try:
            fields = _fields(text, delimiter)
        except csv.Error as error:
            raise DataError(f"{path}, line {number}: not CSV ({error}); fix it") from error
        if len(fields) != len(columns.names):
            raise DataError(
                f"{path}, line {number}: {len(fields):,} fields, expected {len(columns.names):,} as in"
                " line 1; fix it"
            )
        lines.append(number)
        rows.append(fields)
        held += len(text)
        if len(rows) == _BLOCK_ROWS or held > _BLOCK_CHARACTERS:
            yield lines, rows
            lines, rows, held = [], [], 0
    if rows:
        yield lines, rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig") as file:
        try:
            for number in count(1):
                text = file.readline(MAX_LINE)
                if not text:
                    return
                if len(text) == MAX_LINE:
                    raise DataError(
                        f"{path}, line {number}: more than {MAX_LINE:,} characters; expected a row"
                    )
                yield number, text
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: is not UTF-8 text; save it as CSV in UTF-8") from error


def _fields(line: str, delimiter: str) -> list[str]:
    line = line.rstrip("\r\n")
    if '"' in line:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    return line.split(delimiter)


def _label(text: str, path: Path, line: int) -> str:
    """The label; integers without the ".0" that pandas and NumPy add."""
    text = text.strip()
    if not text:
        raise DataError(f"{path}, line {line}: names no class; give one, or remove the line")
    if _DECIMAL.fullmatch(text) and float(text).is_integer():
        return str(int(float(text)))
    return normal_name(text)


def _pixels(
    rows: Sequence[Sequence[str]],
    lines: Sequence[int],
    columns: PixelColumns,
    indices: Sequence[int],
    path: Path,
) -> NDArray[np.uint8]:
    """The rows' fields, which belong to the columns `indices`, as uint8 (rows, fields)."""
    joined = [",".join(row) for row in rows]
    for kind in (np.uint8, np.float64):  # pandas writes some numbers with ".0"
        try:
            found = np.loadtxt(joined, kind, delimiter=",", comments=None, ndmin=2)
        except ValueError:
            continue
        if found.shape == (len(rows), len(indices)) and _are_pixels(found):
            return found.astype(np.uint8)
    for row, line in zip(rows, lines, strict=True):
        for field, index in zip(row, indices, strict=True):
            if not _is_pixel(field):
                raise DataError(
                    f"{path}, line {line}, column {columns.names[index][:40]!r}: {field[:40]!r}; expected a"
                    " whole number 0 to 255"
                )
    raise DataError(
        f"{path}, lines {lines[0]} to {lines[-1]}: hold fields that are not pixels; expected 0 to 255"
    )


def _is_pixel(field: str) -> bool:
    try:
        number = float(field)
    except ValueError:
        return False
    return 0 <= number <= 255 and number.is_integer()


def _are_pixels(numbers: NDArray[Any]) -> bool:
    return bool(((numbers >= 0) & (numbers <= 255) & (numbers == np.trunc(numbers))).all())
