"""Duplicates are images with the same pixels, counted as a dictionary of the pixels would count them."""

from collections import defaultdict
from time import perf_counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gossamer.data import Dataset, Duplicates, LabelledImages, SealedImages, find_duplicates

Contents = list[tuple[int, int]]  # an image each: its one pixel and its label

CONTENTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=20)


def make(contents: Contents) -> LabelledImages:
    pixels, labels = np.array(contents).T
    return LabelledImages.from_arrays(pixels.astype(np.uint8).reshape(-1, 1, 1, 1), labels, ("a", "b", "c"))


@given(train=CONTENTS, test=CONTENTS)
def test_the_counts_are_their_definitions(train: Contents, test: Contents) -> None:
    labels_of = defaultdict[int, list[int]](list)
    for pixel, label in train:
        labels_of[pixel].append(label)
    test_pixels = [pixel for pixel, _ in test]
    found = find_duplicates(make(train), SealedImages(make(test)))
    assert found == Duplicates(
        train=sum(len(labels_of[pixel]) > 1 for pixel, _ in train),
        test=sum(test_pixels.count(pixel) > 1 for pixel in test_pixels),
        across=sum(pixel in labels_of for pixel in test_pixels),
        contradicting=sum(len(set(labels_of[pixel])) > 1 for pixel, _ in train),
    )
    assert found.any == (found != Duplicates(0, 0, 0, 0))


@given(train=CONTENTS, test=CONTENTS, relabelled=st.lists(st.integers(0, 2), min_size=20, max_size=20))
def test_the_test_labels_change_no_count(train: Contents, test: Contents, relabelled: list[int]) -> None:
    others = [(pixel, label) for (pixel, _), label in zip(test, relabelled, strict=False)]
    counts = [find_duplicates(make(train), SealedImages(make(each))) for each in (test, others)]
    assert counts[0] == counts[1]


def test_fashion_mnist_has_none_and_the_check_is_fast(fashion_mnist: Dataset) -> None:
    started = perf_counter()
    assert find_duplicates(fashion_mnist.train, fashion_mnist.test) == Duplicates(0, 0, 0, 0)
    assert perf_counter() - started < 2  # 0.05 s on two cores of 2023
