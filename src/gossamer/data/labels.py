"""Labels in the forms they come in, as the numbers 0 to K - 1 of named classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import DataError

Labels = NDArray[np.int64]


def plain_labels(array: NDArray[np.generic], where: str) -> Labels:
    """Labels (N,), (N, 1) or one-hot (N, K >= 2), of any numeric type, as int64 (N,).

    Args:
        array: the labels.
        where: what to call them in an error.

    Raises:
        DataError: they are no such labels, or negative.
    """
    if array.dtype.kind not in "buif":
        raise DataError(f"{where}: labels of type {array.dtype}; expected whole numbers from 0 on")
    if array.ndim == 2 and array.shape[1] >= 2:
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
    if array.dtype.kind == "f" and not (np.isfinite(array).all() and (array == np.trunc(array)).all()):
        raise DataError(f"{where}: labels that are no whole numbers; expected 0, 1, 2 and so on")
    if len(array) and not 0 <= array.min() <= array.max() < 1 << 31:
        raise DataError(f"{where}: labels {array.min()} to {array.max()}; expected 0 to {(1 << 31) - 1}")
    return array.astype(np.int64)


def name_classes(
    train: Labels, test: Labels | None, classes: Sequence[str] | None, where: str
) -> tuple[Labels, Labels | None, tuple[str, ...], tuple[str, ...]]:
    """Training and test labels as 0 to K - 1, the K classes' names, and notes.

    Without `classes`, the classes are the labels that occur in training, called by their numbers: a data set
    that counts from 1 has no empty class 0.

    Raises:
        DataError: a label has no name, or test images are of a class without training images.
    """
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
