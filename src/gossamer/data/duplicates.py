"""Exact duplicates: images with the same pixels, whatever their labels, found by sorting content digests.

The labels of the test set are sealed and are not read here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data.dataset import SealedImages
from gossamer.data.images import LabelledImages


@dataclass(frozen=True)
class Duplicates:
    """How many images have a duplicate.

    Attributes:
        train: training images with a duplicate among the training images.
        test: test images with a duplicate among the test images.
        across: test images with a duplicate among the training images.
        contradicting: training images with a duplicate under another label; part of `train`.
    """

    train: int
    test: int
    across: int
    contradicting: int

    @property
    def any(self) -> bool:
        """Whether there are duplicates at all."""
        return self.train + self.test + self.across > 0


def find_duplicates(train: LabelledImages, test: SealedImages) -> Duplicates:
    """Count the duplicates within and across the two sets."""
    first = first_occurrences(train.digests)
    contradicts = np.bincount(first, weights=train.labels != train.labels[first], minlength=len(first)) > 0
    return Duplicates(
        train=_with_duplicate(first),
        test=_with_duplicate(first_occurrences(test.digests)),
        across=int(have_duplicate_among(test.digests, train.digests).sum()),
        contradicting=int(contradicts[first].sum()),
    )


def duplicate_pairs(images: LabelledImages) -> NDArray[np.int64]:
    """Pairs (first row, later row) with the same pixels, (n, 2); pairs whose labels differ come first."""
    first = first_occurrences(images.digests)
    others = np.flatnonzero(first != np.arange(len(first)))
    return different_labels_first(np.stack([first[others], others], axis=1), images)


def different_labels_first(pairs: NDArray[np.int64], images: LabelledImages) -> NDArray[np.int64]:
    """The same pairs of rows, (n, 2), reordered: pairs whose labels differ come first."""
    labels = images.labels[pairs]
    return pairs[np.argsort(labels[:, 0] == labels[:, 1], kind="stable")]


def first_occurrences(digests: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For each row of `digests` (N, 16), the index of the first row equal to it (possibly its own), (N,)."""
    words = np.ascontiguousarray(digests).view(np.uint64)  # (N, 2)
    order = np.lexsort((words[:, 1], words[:, 0]))  # stable: equal rows stay in ascending order
    fresh = np.ones(len(words), bool)
    fresh[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    first = np.empty(len(words), np.int64)
    first[order] = order[fresh][np.cumsum(fresh) - 1]
    return first


def have_duplicate_among(digests: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether each row of `digests` (N, 16) is among the rows of `others` (M, 16)."""
    first = first_occurrences(np.concatenate([others, digests]))
    return first[len(others) :] < len(others)


def _with_duplicate(first: NDArray[np.int64]) -> int:
    """How many rows are in a group of two or more equal rows."""
    sizes = np.bincount(first)
    return int(sizes[sizes > 1].sum())
