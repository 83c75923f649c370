"""Splits: who is validated when depends on the content and the seed alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.data import LabelledImages, Split, folds, holdout, subset
from gossamer.errors import DataError


def labelled(*counts: int) -> LabelledImages:
    """A set with so many images of each class, all different."""
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype="<u4").view(np.uint8).reshape(-1, 2, 2, 1)
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
