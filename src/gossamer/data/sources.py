"""Opens a data source: the name of a known data set, or a path that one of the readers recognises.

To read another format, write a module with `recognises` and `read`, and add a row to `READERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from gossamer.data import (
    csv_table,
    digits,
    fashion_mnist,
    idx_folder,
    idx_names,
    image_folder,
    npz,
    parquet,
    pixel_source,
)
from gossamer.data.dataset import Dataset
from gossamer.data.download import Progress
from gossamer.data.fit import fit_array
from gossamer.data.images import LabelledImages
from gossamer.data.pictures import SUFFIXES
from gossamer.data.reading import Reading
from gossamer.errors import DataError
from gossamer.numbers import counted


@dataclass(frozen=True)
class Reader:
    """The reader of one format: does a path have it, and which data set is there?"""

    recognises: Callable[[Path], bool]
    read: Callable[[Path, Reading], Dataset]


def _fitting(read: Callable[[Path], Dataset]) -> Callable[[Path, Reading], Dataset]:
    return lambda path, reading: _fitted(read(path), reading)


READERS = (
    Reader(idx_names.recognises, _fitting(idx_folder.read_idx_folder)),
    Reader(npz.recognises, _fitting(npz.read)),
    Reader(pixel_source.recognises, _fitting(pixel_source.read)),
    Reader(csv_table.recognises, csv_table.read),
    Reader(parquet.recognises, parquet.read),
    Reader(
        image_folder.recognises, image_folder.read
    ),  # last, because it recognises any folder with a subfolder
)
KNOWN_SOURCES = (fashion_mnist.NAME, digits.NAME)
_EXPECTED = "a folder of IDX files or of pictures, or an .npz, .csv or .parquet file"


def open_source(source: str, on_progress: Progress | None = None, reading: Reading | None = None) -> Dataset:
    """The data set `source`: a known name, or a path; images are read as `reading` says.

    A known name takes precedence over a folder of that name; write "./fashion-mnist" for the folder.

    Raises:
        DataError: `source` is neither, or what it names cannot be read.
    """
    reading = reading or Reading()
    padded: list[None] = []
    found = _opened(source, on_progress, replace(reading, on_padding=lambda: padded.append(None)))
    most = 2 * len(padded) > len(found.train) + len(found.test)
    found = replace(found, background=reading.background or "black", padded=most)
    if source in KNOWN_SOURCES and Path(source).exists():
        beside = f"{source} is the known data set; write ./{source} for what is called so here"
        found = replace(found, notes=(*found.notes, beside))
    return found


def _opened(source: str, on_progress: Progress | None, reading: Reading) -> Dataset:
    if source == fashion_mnist.NAME:
        return _fitted(fashion_mnist.load(on_progress), reading)
    if source == digits.NAME:
        return _fitted(digits.load(), reading)
    if not _is_path(source):
        raise _unknown(source)
    path = Path(source).expanduser()
    try:
        for reader in READERS:
            if reader.recognises(path):
                return reader.read(path, reading)
    except OSError as error:
        raise DataError(f"{error.filename or path}: cannot be read ({error.strerror or error})") from error
    raise _unrecognised(path)


def _unrecognised(path: Path) -> DataError:
    if not path.is_dir():
        return DataError(f"{path}: a file of no known form; expected {_EXPECTED}")
    files = sorted(each.name for each in path.iterdir())
    pictures = [name for name in files if name.lower().endswith(SUFFIXES)]
    if pictures:
        return DataError(
            f"{path}: {counted(len(pictures), 'picture')}, but no folders of classes; put those of every"
            f" class into a folder of its own, such as {path / 'cat' / pictures[0]}"
        )
    what = "a folder in which no data set is known" if files else "an empty folder"
    return DataError(f"{path}: {what}; expected {_EXPECTED}")


def _fitted(dataset: Dataset, reading: Reading) -> Dataset:
    """The data set with its images converted to the size and channels of `reading`."""
    fit = partial(fit_array, reading=reading)
    train = dataset.train
    pixels = fit(train.images)
    if pixels is train.images:
        return dataset
    labelled = LabelledImages.from_arrays(pixels, train.labels, train.classes, train.origins)
    return Dataset(dataset.name, labelled, dataset.test.fitted(fit), dataset.notes)


def fetch_source(source: str, on_progress: Progress | None = None) -> Path:
    """Make sure that the data set `source` is on this machine, and return its path.

    Raises:
        DataError: `source` is neither known nor a path, or cannot be fetched.
    """
    if source == fashion_mnist.NAME:
        return fashion_mnist.fetch(on_progress)
    if source == digits.NAME:
        import sklearn

        return Path(sklearn.__file__).parent / "datasets"  # scikit-learn contains them
    if _is_path(source):
        return Path(source).expanduser()
    raise _unknown(source)


def _unknown(source: str) -> DataError:
    near = get_close_matches(source.lower(), KNOWN_SOURCES, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"try {' or '.join(KNOWN_SOURCES)}, or {_EXPECTED}"
    return DataError(f"{source!r}: no known data set, and no such path either; {advice}")


def _is_path(source: str) -> bool:
    try:
        if source == "":
            return False
        path = Path(source).expanduser()
        return path.exists() or idx_names.recognises(path)
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # a path that is too long, not readable, of an unknown user, or with a NUL byte
        raise DataError(
            f"{source!r}: no known data set, and no path that can be looked up ({error})"
        ) from error
