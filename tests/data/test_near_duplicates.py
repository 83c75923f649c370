"""Near duplicates: the counts equal a plain comparison of all hashes; small changes make near duplicates."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer.data import (
    Dataset,
    LabelledImages,
    NearDuplicates,
    SealedImages,
    duplicate_pairs,
    find_near_duplicates,
    near_pairs,
)
from gossamer.data.difference_hash import MARGIN, difference_hashes
from gossamer.data.near_duplicates import MOST_BITS

Images = NDArray[np.uint8]


def make(images: Images) -> LabelledImages:
    return LabelledImages.from_arrays(images, np.arange(len(images)) % 2, ("a", "b"))


def smooth(count: int, seed: int, side: int = 24) -> Images:
    """Images with something to see: 4x4 random patches, blown up."""
    patches = np.random.default_rng(seed).integers(0, 236, (count, 4, 4, 1), dtype=np.uint8)
    return patches.repeat(side // 4, axis=1).repeat(side // 4, axis=2)


@given(seed=st.integers(0, 10**6), sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_the_counts_are_those_of_all_pairs(seed: int, sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    pool = smooth(4, seed)[random.integers(0, 4, sum(sizes))]
    for image in pool:  # a few pixels of most are changed: some bits of the hash, or none
        for _ in range(random.integers(0, 4)):
            image[random.integers(0, 24), random.integers(0, 24)] = 255
    train, test = pool[: sizes[0]], pool[sizes[0] :]
    bits = np.unpackbits(difference_hashes(pool).view(np.uint8), axis=1)
    near = (bits[:, None] != bits).sum(axis=2) <= MOST_BITS
    np.fill_diagonal(near, val=False)
    ours, theirs = near[:, : sizes[0]], near[:, sizes[0] :]
    found = find_near_duplicates(make(train), SealedImages(make(test)))
    assert found == NearDuplicates(
        train=int(ours[: sizes[0]].any(axis=1).sum()),
        test=int(theirs[sizes[0] :].any(axis=1).sum()),
        across=int(ours[sizes[0] :].any(axis=1).sum()),
    )


@given(seed=st.integers(0, 10**6), count=st.integers(2, 14))
def test_every_image_with_a_near_duplicate_is_in_a_pair(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    pool = smooth(3, seed)[random.integers(0, 3, count)]
    for image in pool:
        for _ in range(random.integers(0, 3)):
            image[random.integers(0, 24), random.integers(0, 24)] = 255
    images = LabelledImages.from_arrays(pool, random.integers(0, 2, count), ("a", "b"))
    bits = np.unpackbits(difference_hashes(images.images).view(np.uint8), axis=1)
    near = (bits[:, None] != bits).sum(axis=2) <= MOST_BITS
    same = (images.digests[:, None] == images.digests).all(axis=2)
    for pairs, expected in ((near_pairs(images), near & ~same), (duplicate_pairs(images), same)):
        assert all(expected[one, other] and one != other for one, other in pairs)
        assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs)
        differ = [bool(images.labels[one] != images.labels[other]) for one, other in pairs]
        assert differ == sorted(differ, reverse=True)
    paired = set(np.concatenate([near_pairs(images), duplicate_pairs(images)]).ravel().tolist())
    np.fill_diagonal(near, val=False)
    assert paired == set(np.flatnonzero(near.any(axis=1)).tolist())


def mean_hash_bits(image: Images) -> list[bool]:
    """The hash's bits by its definition, cell by cell, in the order of the cells."""
    height, width, _ = image.shape
    grey = image.sum(axis=2, dtype=np.float64).repeat(16, axis=0).repeat(17, axis=1)  # whole pixels a cell
    cells = grey.reshape(16, height, 17, width).mean(axis=(1, 3)) / image.shape[2]
    return [bool(bit) for bit in (cells[:, 1:] > cells[:, :-1] + MARGIN).ravel()]


@pytest.mark.parametrize("shape", [(28, 28, 1), (4, 5, 1), (16, 17, 3), (1, 1, 1), (33, 40, 3)])
def test_the_hash_is_its_definition(shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, *shape), dtype=np.uint8)
    words = difference_hashes(images)
    assert words.shape == (20, 4)
    for image, hashed in zip(images, words, strict=True):
        by_cell = np.array(mean_hash_bits(image)).reshape(16, 16)
        by_word = [by_cell[row, column] for word in range(4) for row, column in cells_of(word)]
        assert np.unpackbits(hashed.view(np.uint8)).astype(bool).tolist() == by_word


def cells_of(word: int) -> list[tuple[int, int]]:
    return [(row, column) for row in range(16) for column in range(16) if (row + column) % 4 == word]


def brighter(images: Images) -> Images:
    return images + np.uint8(20)


def with_noise(images: Images) -> Images:
    return images + np.random.default_rng(0).integers(0, 3, images.shape, dtype=np.uint8)


def with_one_pixel_off(images: Images) -> Images:
    changed = images.copy()
    changed[:, 5, 5] ^= 255
    return changed


@pytest.mark.parametrize("change", [brighter, with_noise, with_one_pixel_off])
def test_a_small_change_leaves_a_near_duplicate_and_another_image_is_none(
    change: Callable[[Images], Images],
) -> None:
    images = smooth(40, 1)
    found = find_near_duplicates(make(images), SealedImages(make(change(images))))
    assert (found.train, found.test) == (0, 0)
    assert found.across >= 38  # a step near the margin may fall on either side of it


def test_the_channels_are_summed() -> None:
    images = smooth(10, 2)
    np.testing.assert_array_equal(difference_hashes(images), difference_hashes(images.repeat(3, axis=3)))


def test_fashion_mnist_takes_a_second(fashion_mnist: Dataset) -> None:
    started = perf_counter()
    found = find_near_duplicates(fashion_mnist.train, fashion_mnist.test)
    assert perf_counter() - started < 10  # 0.5 s on two cores of 2023
    assert found == NearDuplicates(train=1052, test=62, across=176)
