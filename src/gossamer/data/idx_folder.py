"""A folder of the MNIST family's four IDX files, read as one data set.

The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
t10k-labels-idx1-ubyte, with or without .gz; train-images.idx3-ubyte is the same name in another spelling.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import numpy as np
from numpy.typing import NDArray

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.idx import MAX_BYTES, IdxFile, read_idx
from gossamer.data.images import LabelledImages
from gossamer.errors import DataError

_NAME = re.compile(r"idx[13]-ubyte(\.gz)?$")

PARTS = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
"""The four files, each with its number of dimensions."""


def recognises(path: Path) -> bool:
    """Whether `path` is a folder that holds a file of an IDX file's name."""
    return path.is_dir() and any(_NAME.search(each.name) for each in path.iterdir())


def read_idx_folder(
    folder: Path,
    *,
    name: str | None = None,
    classes: Sequence[str] | None = None,
    sha256: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """The data set in `folder`.

    Args:
        folder: holds the four files.
        name: the data set's name; by default the folder's.
        classes: the classes' names; by default "0", "1" and so on up to the largest training label.
        sha256: what the files' decompressed bytes must hash to, by the names in `PARTS`.
        max_bytes: the largest decompressed file that is read.

    Raises:
        DataError: a file is missing, damaged or not the expected one, or the four do not fit together.
    """
    paths = find_parts(folder)
    train_images, train_labels, test_images, test_labels = (
        read_part(paths[part], part, sha256=sha256, max_bytes=max_bytes).array for part in PARTS
    )
    _check_pair(paths["train-images"], train_images, paths["train-labels"], train_labels)
    _check_pair(paths["t10k-images"], test_images, paths["t10k-labels"], test_labels)
    if train_images.shape[1:] != test_images.shape[1:]:
        raise DataError(
            f"{paths['t10k-images']}: images of {_size(test_images)}, expected {_size(train_images)} as in"
            f" {paths['train-images'].name}; both files must come from one data set"
        )
    if classes is None:
        classes = [str(label) for label in range(int(train_labels.max()) + 1)]
    _check_labels(paths["train-labels"], train_labels, len(classes))
    _check_labels(paths["t10k-labels"], test_labels, len(classes))
    return Dataset(
        name or folder.resolve().name,
        LabelledImages.from_arrays(train_images[..., np.newaxis], train_labels, classes),
        SealedImages(LabelledImages.from_arrays(test_images[..., np.newaxis], test_labels, classes)),
    )


def find_parts(folder: Path) -> dict[str, Path]:
    """Where each of `PARTS` lies in `folder`; nothing is opened yet.

    Raises:
        DataError: `folder` is no folder, or a file is missing or no file.
    """
    try:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            raise DataError(f"{folder}: expected a folder of the four IDX files, found {found} there")
        return {part: _find(folder, part) for part in PARTS}
    except OSError as error:
        raise DataError(f"{folder}: cannot be looked into ({error.strerror or error})") from error


def file_name(part: str) -> str:
    """The usual name of one of `PARTS`, gzipped."""
    return f"{part}-idx{PARTS[part]}-ubyte.gz"


def read_part(
    path: Path, part: str, *, sha256: Mapping[str, str] | None = None, max_bytes: int = MAX_BYTES
) -> IdxFile:
    """Read `path` as the file that `part` names, checked against its SHA-256 in `sha256` where there is one.

    Raises:
        DataError: the file is no IDX file of that kind, or not the expected one.
    """
    file = read_idx(path, ndim=PARTS[part], max_bytes=max_bytes)
    if sha256 is None or file.sha256 == sha256[part]:
        return file
    for other, digest in sha256.items():
        if file.sha256 == digest:
            raise DataError(f"{path}: holds {other}, expected {part}; were two files swapped?")
    raise DataError(
        f"{path}: its decompressed bytes have SHA-256 {file.sha256}, expected {sha256[part]};"
        " the file is damaged or another data set's: fetch it again"
    )


def _find(folder: Path, part: str) -> Path:
    usual = file_name(part)
    spellings = (usual, usual.removesuffix(".gz"))
    # .gz first: a fetch writes .gz files, and a damaged raw file must not hide the good copy fetched for it
    for spelling in (*spellings, *(name.replace(f"{part}-", f"{part}.") for name in spellings)):
        path = folder / spelling
        if not path.exists():
            continue
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            found = "a folder" if S_ISDIR(mode) else "no regular file"
            raise DataError(f"{path}: is {found}, expected an IDX file; put the file itself there")
        return path
    raise DataError(f"{folder}: {usual} is missing (nor is it there without .gz); put it beside the others")


def _check_pair(
    images_path: Path, images: NDArray[np.uint8], labels_path: Path, labels: NDArray[np.uint8]
) -> None:
    if images.size == 0:
        raise DataError(
            f"{images_path}: {len(images)} images of {_size(images)}; expected at least one pixel"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{images_path}: {len(images):,} images, but {labels_path} holds {len(labels):,} labels; expected"
            " one for each; were train and t10k files swapped?"
        )


def _check_labels(path: Path, labels: NDArray[np.uint8], classes: int) -> None:
    if labels.max() >= classes:
        raise DataError(
            f"{path}: holds label {labels.max()}, expected 0 to {classes - 1} ({classes} classes);"
            " do all four files come from one data set?"
        )


def _size(images: NDArray[np.uint8]) -> str:
    return f"{images.shape[1]}x{images.shape[2]}"
