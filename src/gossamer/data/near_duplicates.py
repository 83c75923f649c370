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
"""How far apart two hashes may stand in a sort and be compared. Fashion-MNIST needs 52. Only nearly blank
images, whose words are mostly zero, make longer runs; there the counts may fall short, but come in seconds.
"""

MOST_PAIRS = 1_000_000
"""At which `near_pairs` stops looking; again only nearly blank images make more."""

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
    distinct, place = np.unique(hashes, axis=0, return_inverse=True)
    place = place.reshape(-1)
    # How many images each distinct hash has, and how many it and its neighbours have. A neighbour may be
    # counted more than once: what matters is whether there is any.
    in_train = np.bincount(place[: len(train)], minlength=len(distinct))
    in_test = np.bincount(place[len(train) :], minlength=len(distinct))
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

    Of images that share a hash the first stands for all: each other one is in a pair with it.
    """
    digests = first_occurrences(images.digests)
    rows = np.flatnonzero(digests == np.arange(len(digests)))  # of copies the first
    hashes, first, place = np.unique(
        difference_hashes(images.images[rows]), axis=0, return_index=True, return_inverse=True
    )
    first = rows[first]
    standing = first[place.reshape(-1)]
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
        order = np.argsort(hashes[:, word], kind="stable")  # runs of a word are sorted by the others
        ordered = hashes[order]
        left = np.arange(len(order))
        for step in range(1, MOST_STEPS + 1):  # pairs a step apart, as long as runs of a word are so long
            left = left[left < len(order) - step]
            left = left[ordered[left, word] == ordered[left + step, word]]
            if not len(left):
                break
            differing = (ordered[left] ^ ordered[left + step]).view(np.uint16)
            near = left[_ONES[differing].sum(axis=1) <= MOST_BITS]
            yield order[near], order[near + step]
