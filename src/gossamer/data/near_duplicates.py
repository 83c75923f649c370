"""Near-duplicates: images whose difference hashes differ in at most 3 of 256 bits. For information only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data.dataset import SealedImages
from gossamer.data.difference_hash import WORDS, difference_hashes
from gossamer.data.duplicates import different_labels_first, first_occurrences
from gossamer.data.images import LabelledImages

Index = NDArray[np.int64]

MOST_BITS = WORDS - 1
"""Hashes that differ in fewer bits than they have words share a word: only such pairs are compared."""

MOST_STEPS = 256
"""The largest distance in sorted order at which two hashes are compared. Fashion-MNIST needs 52. Only nearly
blank images, whose words are mostly zero, make longer runs; their counts may be too low, but take seconds.
"""

MOST_PAIRS = 1_000_000
"""Pairs after which `near_pairs` stops; only nearly blank images have more."""

_ONES = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


@dataclass(frozen=True)
class NearDuplicates:
    """How many images have a near duplicate, exact ones included; the counts are named as in `Duplicates`."""

    train: int
    test: int
    across: int


def find_near_duplicates(train: LabelledImages, test: SealedImages) -> NearDuplicates:
    """Count the near duplicates within and across the two sets."""
    hashes = np.concatenate([difference_hashes(train.images), test.difference_hashes])
    distinct, group = np.unique(hashes, axis=0, return_inverse=True)
    group = group.reshape(-1)
    # Images with each distinct hash, and with it or a near one. Some are counted more than once; it only
    # matters whether there are any.
    in_train = np.bincount(group[: len(train)], minlength=len(distinct))
    in_test = np.bincount(group[len(train) :], minlength=len(distinct))
    near_train, near_test = in_train.copy(), in_test.copy()
    for one, other in _near_pairs(distinct):
        for near, own in ((near_train, in_train), (near_test, in_test)):
            np.add.at(near, one, own[other])
            np.add.at(near, other, own[one])
    return NearDuplicates(
        train=int(in_train[near_train > 1].sum()),
        test=int(in_test[near_test > 1].sum()),
        across=int(in_test[near_train > 0].sum()),
    )


def near_pairs(images: LabelledImages) -> Index:
    """Pairs of rows, (n, 2), of different pixels whose hashes are near, different labels first.

    The first image with a hash stands for all with that hash; each of the others is in a pair with it.
    """
    digests = first_occurrences(images.digests)
    rows = np.flatnonzero(digests == np.arange(len(digests)))  # the first of equal images
    hashes, first, group = np.unique(
        difference_hashes(images.images[rows]), axis=0, return_index=True, return_inverse=True
    )
    first = rows[first]
    standing = first[group.reshape(-1)]
    others = standing != rows
    found = [np.stack([standing[others], rows[others]], axis=1)]
    for one, other in _near_pairs(hashes):
        found.append(np.sort(np.stack([first[one], first[other]], axis=1), axis=1))
        if sum(map(len, found)) > MOST_PAIRS:
            break
    return different_labels_first(np.unique(np.concatenate(found), axis=0), images)


def _near_pairs(hashes: NDArray[np.uint64]) -> Iterator[tuple[Index, Index]]:
    """The pairs of rows of `hashes` (N, WORDS), sorted and distinct, within MOST_BITS; some come twice."""
    for word in range(WORDS):
        order = np.argsort(
            hashes[:, word], kind="stable"
        )  # rows with the same word stay sorted by the other words
        ordered = hashes[order]
        left = np.arange(len(order))
        for step in range(1, MOST_STEPS + 1):  # pairs `step` apart with the same word
            left = left[left < len(order) - step]
            left = left[ordered[left, word] == ordered[left + step, word]]
            if not len(left):
                break
            differing = (ordered[left] ^ ordered[left + step]).view(np.uint16)
            near = left[_ONES[differing].sum(axis=1) <= MOST_BITS]
            yield order[near], order[near + step]
