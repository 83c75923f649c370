"""Splits: who is validated when depends on the content and the seed alone."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer.data import Dataset, LabelledImages, Split, folds, holdout, subset
from gossamer.errors import DataError


def labelled(*counts: int) -> LabelledImages:
    """A set with so many images of each class, all different."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype="<u4").view(np.uint8).reshape(-1, 2, 2, 1)
    return LabelledImages.from_arrays(images, labels, [f"class {i}" for i in range(len(counts))])


def copies(*counts: int) -> LabelledImages:
    """A set with one image a class, so many times."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = labels.astype(np.uint8).reshape(-1, 1, 1, 1)
    return LabelledImages.from_arrays(images, labels, [f"class {i}" for i in range(len(counts))])


def rows(split: Split) -> tuple[list[int], list[int]]:
    return split.train.tolist(), split.validation.tolist()


@settings(max_examples=50)
@given(
    counts=st.lists(st.integers(5, 20), min_size=2, max_size=4),
    count=st.integers(2, 5),
    stratified=st.booleans(),
    repeat=st.integers(0, 2),
    seed=st.text("0123456789", min_size=1, max_size=3),
)
def test_every_image_is_validated_once_and_trained_on_otherwise(
    counts: list[int], count: int, stratified: bool, repeat: int, seed: str
) -> None:
    images = labelled(*counts)
    found = folds(images, count=count, stratified=stratified, repeat=repeat, seed=seed)
    assert len(found) == count
    assert sorted(row for split in found for row in split.validation) == list(range(len(images)))
    for split in found:
        assert sorted([*split.train, *split.validation]) == list(range(len(images)))
        assert (np.diff(split.train) > 0).all()
        assert (np.diff(split.validation) > 0).all()
    sizes = [len(split.validation) for split in found]
    assert max(sizes) - min(sizes) <= 1
    if stratified:
        shares = [np.bincount(images.labels[split.validation], minlength=len(counts)) for split in found]
        assert (np.ptp(shares, axis=0) <= 1).all()


def test_folds_are_frozen() -> None:
    """The same bytes in ten years: a change here changes every study's result."""
    first = folds(labelled(4, 4), count=2, stratified=True, repeat=0, seed="0")[0]
    assert first.validation.tolist() == [0, 3, 4, 7]
    assert holdout(labelled(4, 4), validation=0.25, stratified=True, seed="0").validation.tolist() == [2, 5]


def test_fashion_mnists_splits_are_frozen(fashion_mnist: Dataset) -> None:
    """It has no duplicates: its splits are those of plain scikit-learn splitters."""
    train, digest = fashion_mnist.train, sha256()
    splits = folds(train, count=5, stratified=True, repeat=0, seed="0")
    for split in [*splits, holdout(train, validation=0.2, stratified=True, seed="0")]:
        digest.update(split.train.astype("<i8").tobytes())
        digest.update(split.validation.astype("<i8").tobytes())
    assert digest.hexdigest() == "2863f33b9fea4f0bcaaf4cc48106c322273e4466c497c9033ecba16db70c4844"


@st.composite
def with_duplicates(draw: st.DrawFn) -> LabelledImages:
    """8 to 12 images of each of three classes, and up to 20 copies, some under another label."""
    distinct = labelled(*(draw(st.integers(8, 12)) for _ in range(3)))
    # A copy under a lower label would stand for the original, whose class might then get too small to split.
    copied = [
        (row, max(int(distinct.labels[row]), label))
        for row, label in draw(
            st.lists(st.tuples(st.integers(0, len(distinct) - 1), st.integers(0, 2)), max_size=20)
        )
    ]
    images = np.concatenate([distinct.images, distinct.images[[row for row, _ in copied]]])
    labels = np.concatenate([distinct.labels, np.array([label for _, label in copied], np.int64)])
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(labels))
    return LabelledImages.from_arrays(images[order], labels[order], distinct.classes)


def contents(images: LabelledImages, index: NDArray[np.int64]) -> set[bytes]:
    return {images.images[row].tobytes() for row in index}


@given(
    images=with_duplicates(), count=st.integers(2, 5), stratified=st.booleans(), seed=st.sampled_from("01")
)
def test_duplicates_share_a_fold(images: LabelledImages, count: int, stratified: bool, seed: str) -> None:
    options: dict[str, Any] = {"count": count, "stratified": stratified, "repeat": 0, "seed": seed}
    found = folds(images, **options)
    assert sorted(row for split in found for row in split.validation) == list(range(len(images)))
    for split in found:
        assert sorted([*split.train, *split.validation]) == list(range(len(images)))
        assert (np.diff(split.train) > 0).all()
        assert not contents(images, split.train) & contents(images, split.validation)
    distinct = [len(contents(images, split.validation)) for split in found]
    assert max(distinct) - min(distinct) <= 1
    if stratified:
        label_of = {  # the lowest, since the images are in the labels' order
            image.tobytes(): int(label)
            for image, label in zip(images.images[::-1], images.labels[::-1], strict=True)
        }
        shares = [
            np.bincount([label_of[content] for content in contents(images, split.validation)], minlength=3)
            for split in found
        ]
        assert (np.ptp(shares, axis=0) <= 1).all()
    shuffled = np.random.default_rng(1).permutation(len(images))
    again = LabelledImages.from_arrays(images.images[shuffled], images.labels[shuffled], images.classes)
    assert [rows(split) for split in folds(again, **options)] == [rows(split) for split in found]


@given(images=with_duplicates(), percent=st.integers(20, 80), stratified=st.booleans())
def test_duplicates_stay_on_one_side_of_the_hold_out(
    images: LabelledImages, percent: int, stratified: bool
) -> None:
    split = holdout(images, validation=percent / 100, stratified=stratified, seed="0")
    assert sorted([*split.train, *split.validation]) == list(range(len(images)))
    train, held = contents(images, split.train), contents(images, split.validation)
    assert not train & held
    assert abs(len(held) - percent / 100 * len(train | held)) <= 0.5


def test_folds_depend_on_seed_content_scheme_count_and_repeat_and_on_nothing_else() -> None:
    images = labelled(20, 20)
    usual: dict[str, Any] = {"count": 4, "stratified": True, "repeat": 0, "seed": "0"}

    def first(images: LabelledImages = images, **changes: Any) -> tuple[list[int], list[int]]:
        return rows(folds(images, **(usual | changes))[0])

    renamed = LabelledImages.from_arrays(images.images[::-1], images.labels[::-1], ("x", "y"))
    np.random.seed(1)  # noqa: NPY002 - the global stream must not matter
    assert first() == first() == first(renamed)
    one_pixel_off = images.images.copy()
    one_pixel_off[0, 0, 0, 0] ^= 128
    others = [
        first(seed="1"),
        first(repeat=1),
        first(repeat=2),
        first(stratified=False),
        first(LabelledImages.from_arrays(one_pixel_off, images.labels, images.classes)),
    ]
    assert all(first() != other for other in others)
    assert len({str(other) for other in others}) == len(others)


@settings(max_examples=50)
@given(
    counts=st.lists(st.integers(10, 40), min_size=2, max_size=4),
    percent=st.integers(15, 85),
    stratified=st.booleans(),
    seed=st.sampled_from(["0", "1"]),
)
def test_the_hold_out_keeps_its_share(counts: list[int], percent: int, stratified: bool, seed: str) -> None:
    images = labelled(*counts)
    share = percent / 100
    split = holdout(images, validation=share, stratified=stratified, seed=seed)
    assert sorted([*split.train, *split.validation]) == list(range(len(images)))
    assert abs(len(split.validation) - share * len(images)) <= 0.5
    if stratified:
        held = np.bincount(images.labels[split.validation], minlength=len(counts))
        assert (np.abs(held - share * np.array(counts)) <= 1.5).all()
    again = holdout(images, validation=share, stratified=stratified, seed=seed)
    assert rows(split) == rows(again)
    assert rows(split) != rows(holdout(images, validation=share, stratified=stratified, seed=f"{seed}0"))


@settings(max_examples=50)
@given(sizes=st.tuples(st.integers(1, 30), st.integers(1, 30)), seed=st.sampled_from(["0", "1"]))
def test_a_smaller_subset_lies_within_a_larger_one(sizes: tuple[int, int], seed: str) -> None:
    images = labelled(10, 20)
    contents = [
        {image.tobytes() for image in subset(images, size=size, seed=seed).images} for size in sorted(sizes)
    ]
    assert [len(content) for content in contents] == sorted(sizes)
    assert contents[0] <= contents[1]


def test_a_subset_is_shuffled_by_the_seed_and_none_is_all() -> None:
    images = labelled(10, 20)
    assert subset(images, size=0, seed="0") is images
    assert subset(images, size=30, seed="0").fingerprint == images.fingerprint
    chosen = {subset(images, size=10, seed=str(seed)).fingerprint for seed in range(20)}
    assert len(chosen) == 20


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "fewer images than folds": (
        lambda: folds(labelled(2, 2), count=5, stratified=False, repeat=0, seed="0"),
        "4 images cannot make 5 folds; lower search.folds",
    ),
    "too few of a class": (
        lambda: folds(labelled(9, 3), count=5, stratified=True, repeat=0, seed="0"),
        "class 'class 1' has 3 training images, but 5 stratified folds needs at least 5 of each class;"
        " add images or lower search.folds",
    ),
    "a class with no image": (
        lambda: folds(labelled(9, 0), count=2, stratified=True, repeat=0, seed="0"),
        "class 'class 1' has 0 training images, but 2 stratified folds needs at least 2 of each class;"
        " add images or lower search.folds",
    ),
    "one image of a class": (
        lambda: holdout(labelled(9, 1), validation=0.5, stratified=True, seed="0"),
        "class 'class 1' has 1 training images, but a stratified hold-out needs at least 2 of each class;"
        " add images or set search.stratified = false",
    ),
    "nothing to validate on": (
        lambda: holdout(labelled(5, 5), validation=0.01, stratified=False, seed="0"),
        "final.validation = 0.01 leaves 10 of 10 images to train on and 0 to validate on;"
        " each side needs at least 1",
    ),
    "nothing to train on": (
        lambda: holdout(labelled(2, 2), validation=0.9, stratified=False, seed="0"),
        "final.validation = 0.9 leaves 0 of 4 images to train on and 4 to validate on;"
        " each side needs at least 1",
    ),
    "fewer distinct images than folds": (
        lambda: folds(copies(2, 2), count=3, stratified=False, repeat=0, seed="0"),
        "2 distinct images cannot make 3 folds; lower search.folds",
    ),
    "too few distinct images of a class": (
        lambda: holdout(copies(2, 9), validation=0.5, stratified=True, seed="0"),
        "class 'class 0' has 1 distinct training images, but a stratified hold-out needs at least 2 of each"
        " class; add images or set search.stratified = false",
    ),
    "nothing to validate on but duplicates": (
        lambda: holdout(copies(9, 9), validation=0.2, stratified=False, seed="0"),
        "final.validation = 0.2 leaves 2 of 2 distinct images to train on and 0 to validate on;"
        " each side needs at least 1",
    ),
    "a subset of more than there is": (
        lambda: subset(labelled(5, 5), size=11, seed="0"),
        "data.subset = 11, but the training set has 10 images",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_split_is_refused_in_one_line(case: str) -> None:
    split, line = REFUSED[case]
    with pytest.raises(DataError) as caught:
        split()
    assert str(caught.value) == line
