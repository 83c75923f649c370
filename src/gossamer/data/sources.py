"""A data source in words, opened: the name of a known data set, or a path."""

from difflib import get_close_matches
from functools import partial
from pathlib import Path

import sklearn

from gossamer.data import digits, fashion_mnist, idx_folder, image_folder
from gossamer.data.dataset import Dataset
from gossamer.data.download import Progress
from gossamer.data.images import LabelledImages
from gossamer.data.pictures import fit_array
from gossamer.data.reading import Reading
from gossamer.errors import DataError

_KNOWN = (fashion_mnist.NAME, digits.NAME)


def open_source(source: str, on_progress: Progress | None = None, reading: Reading | None = None) -> Dataset:
    """The data set that `source` names: a known one, or a folder by what it holds.

    A known name wins over a folder of that name; write "./fashion-mnist" for the folder. `reading` says what
    every image is made into.

    Raises:
        DataError: `source` is neither, or what it names cannot be read.
    """
    reading = reading or Reading()
    if source == fashion_mnist.NAME:
        return _fitted(fashion_mnist.load(on_progress), reading)
    if source == digits.NAME:
        return _fitted(digits.load(), reading)
    if not _is_path(source):
        raise _unknown(source)
    path = Path(source).expanduser()
    try:
        pictures = image_folder.recognises(path) and not idx_folder.recognises(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be looked into ({error.strerror or error})") from error
    if pictures:
        return image_folder.read_image_folder(path, reading)
    return _fitted(idx_folder.read_idx_folder(path), reading)


def _fitted(dataset: Dataset, reading: Reading) -> Dataset:
    """The data set with its images made into what `reading` asks for."""
    fit = partial(fit_array, reading=reading)
    train = dataset.train
    pixels = fit(train.images)
    if pixels is train.images:
        return dataset
    labelled = LabelledImages.from_arrays(pixels, train.labels, train.classes)
    return Dataset(dataset.name, labelled, dataset.test.fitted(fit), dataset.notes)


def fetch_source(source: str, on_progress: Progress | None = None) -> Path:
    """Make sure that what `source` names is on this machine, and return where.

    Raises:
        DataError: `source` is neither known nor a path, or cannot be fetched.
    """
    if source == fashion_mnist.NAME:
        return fashion_mnist.fetch(on_progress)
    if source == digits.NAME:
        return Path(sklearn.__file__).parent / "datasets"  # they come with scikit-learn
    if _is_path(source):
        return Path(source).expanduser()
    raise _unknown(source)


def _unknown(source: str) -> DataError:
    near = get_close_matches(source.lower(), _KNOWN, n=1)
    advice = (
        f"did you mean {near[0]!r}?"
        if near
        else f"try {' or '.join(_KNOWN)}, or a folder of IDX files or of pictures"
    )
    return DataError(f"{source!r}: no known data set, and no such path either; {advice}")


def _is_path(source: str) -> bool:
    try:
        return source != "" and Path(source).expanduser().exists()
    except (OSError, RuntimeError) as error:  # a name too long, a closed folder; an unknown user's ~
        raise DataError(
            f"{source!r}: no known data set, and no path that can be looked up ({error})"
        ) from error
