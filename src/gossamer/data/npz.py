"""Finds images and labels among the arrays of an .npz file; `npz_archive` reads the file."""

from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.arrays import arrays_dataset, pixels
from gossamer.data.dataset import Dataset
from gossamer.data.flat_rows import squares_note
from gossamer.data.labels import Labels, Texts, joined, plain_labels
from gossamer.data.npz_archive import NpzArchive
from gossamer.data.origins import Origin
from gossamer.data.parts import TEST, TRAIN, VALIDATION, Parts, arrange
from gossamer.errors import DataError
from gossamer.untrusted import is_of_format

STYLES = (("x_{}", "y_{}"), ("{}_images", "{}_labels"))
"""Names of the images and the labels of a part."""
WHOLE = (("images", "labels"), ("x", "y"))
CLASSES = ("classes", "label_names", "class_names")

_Pair = tuple[NDArray[np.uint8], Labels | Texts, tuple[str, ...]]


def recognises(path: Path) -> bool:
    """Whether `path` is an .npz file, by its suffix or its first bytes."""
    return is_of_format(path, ".npz", b"PK\x03\x04")


def read(path: Path) -> Dataset:
    """The data set in the .npz file `path`.

    Its arrays are x_train, y_train, x_test and y_test, or MedMNIST's train_images, train_labels and so on
    (`parts.arrange` says which is which), or only images and labels, of which a fifth of each class becomes
    the test set. Upper and lower case are equal.

    Raises:
        DataError: the file is not such an archive, or its arrays are not images and labels.
    """
    with NpzArchive(path) as archive:
        parts, keys = _find(archive, path)
        classes_key = next((key for key in CLASSES if key in archive), None)
        used = [keys[part] for part in (parts.used if parts else ("",))]
        # Unused arrays are not read, and the size of the used ones is checked before any is read.
        archive.check_total([name for pair in used for name in pair] + ([classes_key] if classes_key else []))
        classes = None if classes_key is None else archive.texts(classes_key)
        pairs = [_pair(archive, path, pair) for pair in used]
    trained_on = pairs[: len(parts.train)] if parts else pairs
    images, labels, notes = trained_on[0]
    for (more, their_labels, _), (name, _) in zip(trained_on[1:], used[1:], strict=False):
        if more.shape[1:] != images.shape[1:]:
            raise DataError(
                f"{path}: {name} are {more.shape[1:]} and {used[0][0]} {images.shape[1:]}; both must have the"
                " same height, width and channels"
            )
        images, labels = np.concatenate([images, more]), joined(labels, their_labels, str(path))
    if parts is None:
        return arrays_dataset(path.stem, str(path), (images, labels), None, classes, notes)
    *rows, test_rows = (_rows(name, pair) for (name, _), pair in zip(used, pairs, strict=True))
    origins = (list(chain.from_iterable(rows)), test_rows)
    notes = (*parts.notes, *notes)
    return arrays_dataset(path.stem, str(path), (images, labels), pairs[-1][:2], classes, notes, origins)


def _find(archive: NpzArchive, path: Path) -> tuple[Parts | None, dict[str, tuple[str, str]]]:
    """The parts, and the names of each part's images and labels; the part is "" if there are none."""
    for styles, words in ((STYLES, TRAIN + TEST + VALIDATION), (WHOLE, ("",))):
        found = [
            {word: (images.format(word), labels.format(word)) for word in words} for images, labels in styles
        ]
        present = [
            {word: pair for word, pair in pairs.items() if any(name in archive for name in pair)}
            for pairs in found
        ]
        present = [pairs for pairs in present if pairs]
        if len(present) > 1:
            first, second = (next(iter(pairs.values()))[0] for pairs in present)
            raise DataError(f"{path}: holds both {first} and {second}; expected one of them")
        if present:
            for pair in present[0].values():
                for name, other in (pair, pair[::-1]):
                    if name not in archive:
                        raise DataError(f"{path}: holds {other} but no {name}; expected both")
            parts = arrange(present[0], str(path))
            if parts or "" in present[0]:
                return parts, present[0]
    held = ", ".join(repr(name) for name in archive.names[:8]) or "nothing"
    raise DataError(
        f"{path}: holds {held}; expected x_train, y_train, x_test and y_test, or train_images,"
        " train_labels and"
        " so on, or images and labels"
    )


def _rows(name: str, pair: _Pair) -> list[Origin]:
    """The origins of the images in the array `name`."""
    return [Origin(name, row) for row in range(len(pair[0]))]


def _pair(archive: NpzArchive, path: Path, keys: tuple[str, str]) -> _Pair:
    where = [f"{path}, {key}" for key in keys]
    stored = archive.numbers(keys[0])
    images, labels = pixels(stored, where[0]), plain_labels(archive.labels(keys[1]), where[1])
    if len(images) != len(labels):
        raise DataError(
            f"{where[0]}: {len(images):,} images, but {keys[1]} holds {len(labels):,} labels; expected one"
            " for"
            " each"
        )
    return images, labels, squares_note(stored, where[0])
