"""Converts labels, given as numbers or texts, to the numbers 0 to K - 1 of named classes."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gossamer.class_names import distinct_names, normal_name
from gossamer.errors import DataError

Labels = NDArray[np.int64]
_MOST_DIGITS = 100
"""Digits of a name that is a number; Python refuses to convert thousands."""
Texts = list[str]
"""Labels that are class names, each as `normal_name`."""


def plain_labels(array: NDArray[np.generic], where: str) -> Labels | Texts:
    """Labels (N,) or (N, 1) of numbers or texts, or one-hot (N, K >= 2): int64 (N,), or N texts.

    Args:
        array: the labels.
        where: their name in errors.

    Raises:
        DataError: they are not such labels, or negative.
    """
    if array.dtype.kind == "O" and {type(each) for each in array.ravel().tolist()} <= {int, bool, float}:
        array = np.array(array.tolist())  # numbers in a column of objects, as data frames have them
    if array.dtype.kind == "S":
        array = _decoded(array, where)
    if array.dtype.kind not in "buifUTO":
        raise DataError(f"{where}: labels of type {array.dtype}; expected whole numbers from 0 on, or texts")
    textual = array.dtype.kind in "UTO"
    if array.ndim == 2 and array.shape[1] >= 2 and not textual:
        if not (np.isin(array, (0, 1)).all() and (array.astype(np.int64).sum(axis=1) == 1).all()):
            raise DataError(
                f"{where}: labels {array.shape} that are not one-hot: expected a single 1 in each row, or"
                " labels (N,)"
            )
        found: Labels = np.argmax(array, axis=1).astype(np.int64)
        return found
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{where}: labels of shape {array.shape}; expected (N,), (N, 1) or one-hot (N, K)")
    if textual:
        return _texts(array, where)
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.trunc(array)).all()):
        raise DataError(f"{where}: labels that are not whole numbers; expected 0, 1, 2 and so on")
    if len(array) and not 0 <= array.min() <= array.max() < 1 << 31:
        raise DataError(f"{where}: labels {array.min()} to {array.max()}; expected 0 to {(1 << 31) - 1}")
    return array.astype(np.int64)


def _decoded(array: NDArray[np.generic], where: str) -> NDArray[np.str_]:
    try:
        return np.char.decode(array.astype(np.bytes_), "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: labels that are not UTF-8 text; store them as str") from error


def _texts(array: NDArray[np.generic], where: str) -> Texts:
    found = array.tolist()
    for index, label in enumerate(found):
        if not isinstance(label, str) or not label.strip():
            said = str(label)[:40]
            raise DataError(
                f"{where}: label {index} is {said!r} of type {type(label).__name__}; expected whole numbers"
                " alone, or texts alone, none of them empty"
            )
    return list(map(normal_name, found))


def joined(first: Labels | Texts, second: Labels | Texts, where: str) -> Labels | Texts:
    """The labels of two parts, concatenated.

    Raises:
        DataError: one part's labels are numbers and the other's texts.
    """
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, list) or isinstance(second, list):
        raise DataError(f"{where}: one part's labels are texts and another's numbers; make them alike")
    return np.concatenate([first, second])


def class_order(names: Iterable[str]) -> list[str]:
    """Distinct class names in the order of their labels: numbers by value, then texts by name."""
    return sorted(
        set(map(normal_name, names)),
        key=lambda name: (0, int(name), name) if _is_number(name) else (1, 0, name),
    )


def _is_number(name: str) -> bool:
    return name.isdecimal() and len(name) <= _MOST_DIGITS


def name_classes(
    train: Labels | Texts, test: Labels | Texts | None, classes: Sequence[str] | None, where: str
) -> tuple[Labels, Labels | None, tuple[str, ...], tuple[str, ...]]:
    """Training and test labels as 0 to K - 1, the K classes' names, and notes.

    Without `classes`, the classes are the labels that occur in training: texts in `class_order`; numbers by
    value, so that labels 1 to K give no empty class 0.

    Raises:
        DataError: a label has no name, test images are of a class without training images, or one part's
            labels are numbers and the other's texts.
    """
    if isinstance(train, list):
        if test is not None and not isinstance(test, list):
            raise DataError(f"{where}: training labels are texts and test labels numbers; make them alike")
        return _numbered(train, test, classes, where)
    if isinstance(test, list):
        raise DataError(f"{where}: training labels are numbers and test labels texts; make them alike")
    if classes is not None:
        for labels, kind in ((train, "training"), (test, "test")):
            if labels is not None and len(labels) and labels.max() >= len(classes):
                raise DataError(
                    f"{where}: holds {kind} label {labels.max()}, expected 0 to {len(classes) - 1}"
                    f" ({len(classes)} classes); does all of it come from one data set?"
                )
        return train, test, tuple(classes), ()
    occurring = np.unique(train)
    if test is not None:
        unknown = np.setdiff1d(test, occurring)
        if len(unknown):
            raise DataError(
                f"{where}: label {unknown[0]} has test images but no training images; add some, or remove"
                " the test images"
            )
    names = tuple(str(label) for label in occurring)
    if not len(occurring) or occurring[-1] == len(occurring) - 1:
        return train, test, names, ()
    absent = int(np.setdiff1d(np.arange(len(occurring) + 1), occurring)[0])
    note = (
        f"{where}: no training image has label {absent}; the {len(names)} labels that occur,"
        f" {names[0]} to {names[-1]}, are the classes"
    )
    found = None if test is None else np.searchsorted(occurring, test).astype(np.int64)
    return np.searchsorted(occurring, train).astype(np.int64), found, names, (note,)


def _numbered(
    train: Texts, test: Texts | None, classes: Sequence[str] | None, where: str
) -> tuple[Labels, Labels | None, tuple[str, ...], tuple[str, ...]]:
    """`name_classes` for labels that are texts."""
    names = tuple(class_order(train)) if classes is None else distinct_names(classes)
    numbers = {name: number for number, name in enumerate(names)}
    for labels, kind in ((train, "training"), (test or [], "test")):
        unknown = next((label for label in labels if label not in numbers), None)
        if unknown is not None:
            said = (
                "which has no training images; add some" if classes is None else "which is not a class name"
            )
            raise DataError(f"{where}: there are {kind} images of {unknown[:40]!r}, {said}")

    def as_numbers(labels: Texts) -> Labels:
        return np.array([numbers[label] for label in labels], np.int64)

    return as_numbers(train), None if test is None else as_numbers(test), names, ()
