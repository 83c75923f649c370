"""A folder of the MNIST family's four IDX files, read as one data set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.arrays import arrays_dataset
from gossamer.data.dataset import Dataset
from gossamer.data.idx import IdxFile, read_idx
from gossamer.data.idx_names import PARTS, find_parts
from gossamer.data.limits import MAX_BYTES
from gossamer.errors import DataError


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
        folder: the folder of the four files, or a folder and the prefix of their names.
        name: the data set's name; by default the folder's.
        classes: the classes' names; by default the labels that occur in training.
        sha256: the expected SHA-256 of the decompressed files, by the names in `PARTS`.
        max_bytes: the largest decompressed file that is read.

    Raises:
        DataError: a file is missing, damaged or not the expected one, or the four do not belong together.
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
    return arrays_dataset(
        name or folder.resolve().name,
        str(folder),
        (train_images[..., np.newaxis], train_labels.astype(np.int64)),
        (test_images[..., np.newaxis], test_labels.astype(np.int64)),
        classes,
    )


def read_part(
    path: Path, part: str, *, sha256: Mapping[str, str] | None = None, max_bytes: int = MAX_BYTES
) -> IdxFile:
    """Read `path` as the part `part`, checked against its SHA-256 in `sha256`, if there is one.

    Raises:
        DataError: the file is not an IDX file of that kind, or not the expected one.
    """
    file = read_idx(path, ndim=PARTS[part], max_bytes=max_bytes)
    if sha256 is None or file.sha256 == sha256[part]:
        return file
    for other, digest in sha256.items():
        if file.sha256 == digest:
            raise DataError(f"{path}: holds {other}, expected {part}; were two files swapped?")
    raise DataError(
        f"{path}: its decompressed bytes have SHA-256 {file.sha256}, expected {sha256[part]};"
        " the file is damaged or of another data set: fetch it again"
    )


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


def _size(images: NDArray[np.uint8]) -> str:
    return f"{images.shape[1]}x{images.shape[2]}"
