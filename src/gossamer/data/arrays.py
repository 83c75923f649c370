"""A data set from NumPy arrays, as they are in memory or in an .npz file."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.flat_rows import as_squares, squares_note
from gossamer.data.held_out import hold_out_test
from gossamer.data.images import LabelledImages
from gossamer.data.labels import Labels, Texts, name_classes, plain_labels
from gossamer.data.origins import Origin
from gossamer.errors import DataError

MAX_CHANNELS = 4


def dataset_from_arrays(
    x_train: ArrayLike,
    y_train: ArrayLike,
    x_test: ArrayLike | None = None,
    y_test: ArrayLike | None = None,
    classes: Sequence[str] | None = None,
    name: str = "arrays",
) -> Dataset:
    """The data set of `x_train` with labels `y_train` and, sealed, of `x_test` with `y_test`.

    Args:
        x_train: images (N, H, W) or (N, H, W, C), C 1 to 4, or flat rows (N, F) of grey squares; integers 0
            to 255 in any numeric type.
        y_train: labels (N,) or (N, 1) of numbers or texts, or one-hot (N, K).
        x_test: test images; by default a fifth of each class is held out, depending only on the images.
        y_test: their labels.
        classes: the class names by label, all different; by default the labels that occur in training.
        name: the data set's name; errors begin with it.

    Raises:
        DataError: the arrays are not such images and labels, or a class has no training images.
    """
    if (x_test is None) != (y_test is None):
        raise DataError(f"{name}: test images and test labels come together; give both or neither")
    images = _array(x_train, name)
    train = _pair(images, _array(y_train, name), f"{name}, training")
    test = (
        None
        if x_test is None or y_test is None
        else _pair(_array(x_test, name), _array(y_test, name), f"{name}, test")
    )
    return arrays_dataset(name, name, train, test, classes, squares_note(images, name))


def arrays_dataset(
    name: str,
    where: str,
    train: tuple[NDArray[np.uint8], Labels | Texts],
    test: tuple[NDArray[np.uint8], Labels | Texts] | None,
    classes: Sequence[str] | None = None,
    notes: tuple[str, ...] = (),
    origins: tuple[Sequence[Origin] | None, Sequence[Origin] | None] = (None, None),
) -> Dataset:
    """The data set of checked images (N, H, W, C) and labels as from `plain_labels`.

    `origins` belong to the training and the test images; None stands for row numbers. Errors begin with
    `where`.

    Raises:
        DataError: the images, the labels and the class names do not fit together.
    """
    test_labels = None if test is None else test[1]
    labels, test_labels, names, numbering = name_classes(train[1], test_labels, classes, where)
    notes = (*notes, *numbering)
    whole = _labelled(train[0], labels, names, where, origins[0])
    whole.check_classes(where)
    if test is None or test_labels is None:
        return hold_out_test(name, whole, where, notes)
    sealed = SealedImages(_labelled(test[0], test_labels, names, where, origins[1]))
    return Dataset(name, whole, sealed, notes)


def pixels(array: NDArray[np.generic], where: str) -> NDArray[np.uint8]:
    """Images (N, H, W), (N, H, W, C) or `as_squares`, of whole numbers 0 to 255, as uint8 (N, H, W, C).

    Fractions are refused, and so are floats up to 1: 1.0 may mean white or nearly black.

    Raises:
        DataError: they are not such images.
    """
    if array.dtype.kind not in "uif":
        raise DataError(f"{where}: pixels of type {array.dtype}; expected whole numbers 0 to 255, as uint8")
    if array.ndim == 2:
        array = as_squares(array, where)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4:
        raise DataError(f"{where}: images of shape {array.shape}; expected (N, H, W) or (N, H, W, C)")
    if array.size == 0:
        raise DataError(f"{where}: images of shape {array.shape}; expected at least one pixel")
    if array.shape[3] > MAX_CHANNELS:
        raise DataError(
            f"{where}: {array.shape[3]} channels, expected 1 to {MAX_CHANNELS} in the last dimension"
            f"{channels_advice(array.shape)}"
        )
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    low, high = array.min(), array.max()
    if array.dtype.kind == "f":
        if not (np.isfinite(low) and np.isfinite(high)):
            raise DataError(f"{where}: pixels that are NaN or infinite; expected whole numbers 0 to 255")
        if low >= 0 and high <= 1:
            raise DataError(
                f"{where}: floats from {low:.3g} to {high:.3g}; expected whole numbers 0 to 255: multiply by"
                " 255, round and store as uint8"
            )
    if not 0 <= low <= high <= 255:
        raise DataError(f"{where}: pixels from {low} to {high}; expected whole numbers 0 to 255")
    whole = array.astype(np.uint8)
    if array.dtype.kind == "f" and not np.array_equal(whole, array):
        raise DataError(f"{where}: pixels that are fractions; expected whole numbers 0 to 255")
    return whole


def channels_advice(shape: tuple[int, ...]) -> str:
    """Advice for images of `shape`, if their dimensions seem to be in another order than (N, H, W, C)."""
    match shape:
        case (_, int(channels), _, _) if channels <= MAX_CHANNELS:
            return " (are they channels first? transpose(0, 2, 3, 1) puts them last)"
        case (_, _, int(channels), _) if channels <= MAX_CHANNELS:
            return " (are the images along the last dimension? transpose(3, 0, 1, 2) puts them first)"
    return ""


def _array(values: ArrayLike, name: str) -> NDArray[np.generic]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:  # rows of different lengths
        raise DataError(f"{name}: no array can be made of the values ({error})") from error


def _pair(
    images: NDArray[np.generic], labels: NDArray[np.generic], where: str
) -> tuple[NDArray[np.uint8], Labels | Texts]:
    found, numbers = pixels(images, f"{where} images"), plain_labels(labels, f"{where} labels")
    if len(found) != len(numbers):
        raise DataError(f"{where}: {len(found):,} images, but {len(numbers):,} labels; expected one for each")
    return found, numbers


def _labelled(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    name: str,
    origins: Sequence[Origin] | None,
) -> LabelledImages:
    try:
        return LabelledImages.from_arrays(images, labels, classes, origins)
    except DataError as error:
        raise DataError(f"{name}: {error}") from error
