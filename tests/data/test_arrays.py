"""Arrays as a data set: what NumPy users have."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gossamer.data import dataset_from_arrays
from gossamer.errors import DataError

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (20, 6, 5)).astype(np.uint8)
LABELS = np.arange(20) % 2


def test_images_labels_and_names_arrive() -> None:
    found = dataset_from_arrays(IMAGES, LABELS, IMAGES[:4], LABELS[:4], ["cat", "dog"], "pets")
    assert found.name == "pets"
    assert found.train.classes == ("cat", "dog")
    assert found.train.shape == (6, 5, 1)
    assert (len(found.train), len(found.test)) == (20, 4)
    assert found.notes == ()


def test_any_type_of_whole_numbers_is_the_same_data_set() -> None:
    expected = dataset_from_arrays(IMAGES, LABELS).train.fingerprint
    for kind in (np.int16, np.int64, np.uint16, np.float32, float):
        assert dataset_from_arrays(IMAGES.astype(kind), LABELS.astype(float)).train.fingerprint == expected
    assert dataset_from_arrays(IMAGES.tolist(), LABELS.tolist()).train.fingerprint == expected


def test_scikit_learns_arrays_are_read_as_they_are() -> None:
    images, labels = load_digits().images, load_digits().target
    assert dataset_from_arrays(images, labels).train.images.max() == 16


def test_class_names_are_kept_in_their_normal_form() -> None:
    found = dataset_from_arrays(IMAGES, LABELS, classes=["Ku\u0308he", " dog"])
    assert found.train.classes == ("K\u00fche", "dog")


@pytest.mark.parametrize("names", [("cat", "cat"), ("cat", " cat"), ("K\u00fche", "Ku\u0308he")])
def test_two_classes_of_one_name_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="two labels are called") as caught:
        dataset_from_arrays(IMAGES, LABELS, classes=names, name="pets")
    assert str(caught.value).startswith("pets: ")


BAD = {
    "ragged": ([[[1, 2], [3]]], [0], "no array can be made"),
    "no images": (IMAGES[:0], LABELS[:0], "at least one pixel"),
    "one class": (IMAGES, LABELS * 0, "at least two classes"),
    "objects": (np.array([None] * 20), LABELS, "pixels of type object"),
    "booleans": (IMAGES > 9, LABELS, "pixels of type bool"),
    "labels that are texts": (IMAGES, np.array(list("ab" * 10)), "labels of type"),
    "labels (N, 2) of other numbers": (IMAGES, np.full((20, 2), 3), "not one-hot"),
    "labels short": (IMAGES, LABELS[1:], "20 images, but 19 labels"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays_are_refused_in_one_line(case: str) -> None:
    images, labels, words = BAD[case]
    with pytest.raises(DataError, match=words) as caught:
        dataset_from_arrays(images, labels)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_test_images_without_labels_are_refused() -> None:
    with pytest.raises(DataError, match="give both or neither"):
        dataset_from_arrays(IMAGES, LABELS, IMAGES)
