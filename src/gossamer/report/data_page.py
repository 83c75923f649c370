"""A data set before training: plain records first, then one page that holds images of every class.

Test images stay sealed: the page has their number, and how many of them are duplicates.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data import (
    Dataset,
    Duplicates,
    LabelledImages,
    NearDuplicates,
    Origin,
    duplicate_pairs,
    first_occurrences,
    near_pairs,
)
from gossamer.errors import DataError
from gossamer.files import write_atomically
from gossamer.report.page import templates
from gossamer.report.sheet import Sheet, sheet_of
from gossamer.report.thumbnails import largest_side, thumbnail_shape, thumbnails
from gossamer.web import content_policy

MOST_BYTES = 3_000_000
"""Of a page. What follows keeps within it, whatever the data set: pixels take four thirds of their bytes."""
CLASS_BYTES, PAIR_BYTES = 900_000, 600_000
"""Pixels shown of the classes, and of the pairs."""
MOST_CLASSES, MOST_OF_EACH, ENOUGH_OF_EACH = 500, 24, 12
MOST_PAIRS, MOST_NOTES = 40, 20
NAME_LETTERS, ORIGIN_LETTERS, NOTE_LETTERS = 60, 120, 1_000


@dataclass(frozen=True)
class ClassRow:
    """A class: its name, its training images, their share of the largest class's, its places on the sheet."""

    name: str
    images: int
    share: float
    places: tuple[str, ...]


@dataclass(frozen=True)
class Side:
    """An image of a pair: its place on the sheet, its label's name, and where the source has it."""

    place: str
    label: str
    origin: str


@dataclass(frozen=True)
class Pairs:
    """The first pairs of training images, different labels first, and how many there are."""

    shown: tuple[tuple[Side, Side], ...]
    found: int
    contradicting: int


@dataclass(frozen=True, eq=False)
class DataPage:
    """What the page is drawn from.

    Attributes:
        dataset: the data set.
        name: its name.
        exact: how many images have duplicates.
        near: how many have near duplicates.
        classes: the first classes, MOST_CLASSES at most.
        left_out: how many classes and images of theirs are not among them.
        class_sheet: images of the classes.
        size: these images' (H, W) on it.
        duplicates: pairs of the same pixels.
        near_duplicates: pairs that look alike.
        pair_sheet: their images.
        notes: how the data set was read.
        notes_left_out: how many notes are not among them.
    """

    dataset: Dataset
    name: str
    exact: Duplicates
    near: NearDuplicates
    classes: tuple[ClassRow, ...]
    left_out: tuple[int, int]
    class_sheet: Sheet
    size: tuple[int, int]
    duplicates: Pairs
    near_duplicates: Pairs
    pair_sheet: Sheet
    notes: tuple[str, ...]
    notes_left_out: int


def write_data_page(dataset: Dataset, exact: Duplicates, near: NearDuplicates, path: Path) -> None:
    """Write the data set's page to `path`, whole or not at all; the same data set gives the same bytes.

    Raises:
        DataError: it cannot be written, or what is there is no page: it may be the data set itself.
    """
    found = data_page(dataset, exact, near)
    page = templates().get_template("data.html.j2").render(found=found, policy=content_policy([]))
    try:
        if path.is_file() and not _is_page(path):
            raise DataError(f"{path}: is there already and is no page; name another file with --html")
        write_atomically(path, page.encode(errors="replace"))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); name another file with --html"
        ) from error


def _is_page(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(256).lstrip().lower().startswith(b"<!doctype html")


def data_page(dataset: Dataset, exact: Duplicates, near: NearDuplicates) -> DataPage:
    """What the page says and shows of a data set whose duplicates were counted."""
    train = dataset.train
    class_rows, class_sheet, size = _classes(train)
    duplicates, alike = duplicate_pairs(train), near_pairs(train)
    shown = np.concatenate([duplicates[:MOST_PAIRS], alike[:MOST_PAIRS]]).reshape(-1)
    pair_sheet = sheet_of(_small(train.images[shown], PAIR_BYTES))
    beyond = train.class_counts[MOST_CLASSES:]
    return DataPage(
        dataset,
        _short(dataset.name, NAME_LETTERS),
        exact,
        near,
        class_rows,
        (len(beyond), int(beyond.sum())),
        class_sheet,
        size,
        _pairs(duplicates, train, pair_sheet, 0),
        _pairs(alike, train, pair_sheet, 2 * len(duplicates[:MOST_PAIRS])),
        pair_sheet,
        tuple(_short(note, NOTE_LETTERS) for note in dataset.notes[:MOST_NOTES]),
        max(0, len(dataset.notes) - MOST_NOTES),
    )


def _classes(train: LabelledImages) -> tuple[tuple[ClassRow, ...], Sheet, tuple[int, int]]:
    """The classes with different images of each: the first in canonical order, as good as random."""
    names, counts = train.classes[:MOST_CLASSES], train.class_counts
    side = largest_side(train.shape, len(names) * ENOUGH_OF_EACH, CLASS_BYTES)
    height, width, channels = thumbnail_shape(train.shape, side)
    each = max(1, min(MOST_OF_EACH, CLASS_BYTES // (height * width * channels * len(names))))
    rows = [_distinct(train, label)[:each] for label in range(len(names))]
    sheet = sheet_of(thumbnails(train.images[np.concatenate(rows)], side))
    ends = np.cumsum([len(found) for found in rows]).tolist()
    found = tuple(
        ClassRow(
            _short(name, NAME_LETTERS),
            int(count),
            float(count / counts.max()),
            tuple(sheet.place(number) for number in range(end - len(of_class), end)),
        )
        for name, count, of_class, end in zip(names, counts, rows, ends, strict=False)
    )
    return found, sheet, (height, width)


def _distinct(train: LabelledImages, label: int) -> NDArray[np.int64]:
    """The rows of a class's images, of duplicates within it the first alone."""
    rows = np.flatnonzero(train.labels == label)
    return rows[np.unique(first_occurrences(train.digests[rows]))]


def _pairs(pairs: NDArray[np.int64], train: LabelledImages, sheet: Sheet, before: int) -> Pairs:
    """The pairs of rows; the images of those that are shown follow the first `before` of the sheet."""
    labels = train.labels[pairs]
    sides = [
        Side(
            sheet.place(before + number),
            _short(train.classes[train.labels[row]], NAME_LETTERS),
            _short(_where(train.origins[row]), ORIGIN_LETTERS),
        )
        for number, row in enumerate(pairs[:MOST_PAIRS].reshape(-1).tolist())
    ]
    shown = tuple(zip(sides[::2], sides[1::2], strict=True))
    return Pairs(shown, len(pairs), int((labels[:, 0] != labels[:, 1]).sum()))


def _small(images: NDArray[np.uint8], most_bytes: int) -> NDArray[np.uint8]:
    return thumbnails(images, largest_side(images.shape[1:], len(images), most_bytes))


def _where(origin: Origin) -> str:
    return str(origin) if origin.part or isinstance(origin.place, str) else f"row {origin}"


def _short(text: str, letters: int) -> str:
    """The text, or its two ends."""
    half = letters // 2
    return text if len(text) <= letters else f"{text[:half]}…{text[-half:]}"
