"""Labelled images: a set is its content, whatever order it came in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer.data import Dataset, LabelledImages, SealedImages
from gossamer.errors import DataError

CLASSES = ("a", "b", "c")


def make(count: int, seed: int = 0, *, distinct: int = 256) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` random 2x2x1 images of so many grey levels, with labels."""
    random = np.random.default_rng(seed)
    images = random.integers(0, distinct, (count, 2, 2, 1), dtype=np.uint8)
    return images, random.integers(0, len(CLASSES), count)


def pairs(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> list[tuple[int, bytes]]:
    return sorted((int(label), image.tobytes()) for image, label in zip(images, labels, strict=True))


# Two grey levels make equal images, so that ties in the order are tried too.
@given(count=st.integers(1, 40), seed=st.integers(0, 1000), distinct=st.sampled_from([2, 256]))
def test_the_order_of_the_input_does_not_matter(count: int, seed: int, distinct: int) -> None:
    images, labels = make(count, seed, distinct=distinct)
    shuffled = np.random.default_rng(seed + 1).permutation(count)
    one = LabelledImages.from_arrays(images, labels, CLASSES)
    other = LabelledImages.from_arrays(images[shuffled], labels[shuffled], CLASSES)
    for name in ("images", "labels", "digests"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.fingerprint == other.fingerprint
    assert pairs(one.images, one.labels) == pairs(images, labels)
    keys = [(label, digest.tobytes()) for label, digest in zip(one.labels, one.digests, strict=True)]
    assert keys == sorted(keys)


def test_the_fingerprint_covers_every_pixel_and_label_but_no_name() -> None:
    images, labels = make(5)
    original = LabelledImages.from_arrays(images, labels, CLASSES).fingerprint
    assert LabelledImages.from_arrays(images, labels, ("x", "y", "z")).fingerprint == original
    others = [(images[:4], labels[:4], CLASSES), (images, labels, (*CLASSES, "d"))]
    others += [(images.reshape(5, 4, 1, 1), labels, CLASSES)]
    for position in np.ndindex(images.shape):
        changed = images.copy()
        changed[position] ^= 1
        others.append((changed, labels, CLASSES))
    for row in range(5):
        relabelled = labels.copy()
        relabelled[row] = (relabelled[row] + 1) % 3
        others.append((images, relabelled, CLASSES))
    fingerprints = {LabelledImages.from_arrays(*other).fingerprint for other in others}
    assert len(fingerprints) == len(others)
    assert original not in fingerprints


def test_a_set_is_immutable() -> None:
    images, labels = make(5)
    made = LabelledImages.from_arrays(images, labels, CLASSES)
    before = made.images.copy()
    images[:] = 0
    np.testing.assert_array_equal(made.images, before)
    for array in (made.images, made.labels, made.digests):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_part_is_the_set_of_its_images() -> None:
    whole = LabelledImages.from_arrays(*make(20), CLASSES)
    index = np.array([0, 3, 4, 19])
    part = whole.take(index)
    rebuilt = LabelledImages.from_arrays(whole.images[index], whole.labels[index], CLASSES)
    assert part.fingerprint == rebuilt.fingerprint
    np.testing.assert_array_equal(part.images, rebuilt.images)
    for wrong in ([1, 0], [1, 1]):
        with pytest.raises(ValueError, match="be strictly ascending"):
            whole.take(np.array(wrong))


def test_classes_are_matched_by_name() -> None:
    images, labels = make(20)
    whole = LabelledImages.from_arrays(images, labels, CLASSES)
    turned = LabelledImages.from_arrays(images, 2 - labels, CLASSES[::-1])
    assert turned.fingerprint != whole.fingerprint
    assert turned.matched(CLASSES).fingerprint == whole.fingerprint
    assert turned.matched(CLASSES).classes == CLASSES
    assert whole.matched(("a", "b", "d")) is whole


def test_counts_cover_classes_without_images() -> None:
    images, _ = make(3)
    made = LabelledImages.from_arrays(images, np.array([0, 2, 2]), CLASSES)
    assert made.class_counts.tolist() == [1, 0, 2]
    assert made.shape == (2, 2, 1)
    assert len(made) == 3


IMAGES, LABELS = make(5)
BAD_ARRAYS = {
    "floats": (IMAGES.astype(np.float32), LABELS, r"must be uint8 \(N, H, W, C\); got float32"),
    "no channels": (IMAGES[..., 0], LABELS, r"must be uint8 \(N, H, W, C\); got uint8 \(5, 2, 2\)"),
    "nothing": (IMAGES[:0], LABELS[:0], "no images"),
    "a label short": (IMAGES, LABELS[:4], r"5 images need as many labels; got labels of shape \(4,\)"),
    "an unknown class": (IMAGES, np.full(5, 3), r"labels must lie in 0..2 \(3 classes\); got 3..3"),
    "a negative label": (IMAGES, np.full(5, -1), r"got -1..-1"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_refused(case: str) -> None:
    images, labels, fault = BAD_ARRAYS[case]
    with pytest.raises(DataError, match=fault):
        LabelledImages.from_arrays(images, labels, CLASSES)  # type: ignore[arg-type]


def test_training_and_test_images_have_one_shape() -> None:
    train = LabelledImages.from_arrays(*make(20), CLASSES)
    wider = LabelledImages.from_arrays(IMAGES.reshape(5, 1, 4, 1), LABELS, CLASSES)
    with pytest.raises(DataError, match=r"odd: training images are \(2, 2, 1\) and test images \(1, 4, 1\)"):
        Dataset("odd", train, SealedImages(wider))
