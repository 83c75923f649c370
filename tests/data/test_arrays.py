"""Arrays as a data set: what NumPy users have."""

import numpy as np
import pandas as pd
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


def test_any_integer_type_gives_the_same_data_set() -> None:
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


TEXTS = [["cat", "dog"][label] for label in LABELS]
FORMS_OF_TEXTS = {
    "a list": TEXTS,
    "an array": np.array(TEXTS),
    "objects": np.array(TEXTS, object),
    "bytes": np.array(TEXTS, "S"),
    "a column": np.array(TEXTS)[:, np.newaxis],
    "pandas": pd.Series(TEXTS),
    "categories of pandas": pd.Series(TEXTS, dtype="category"),
}


@pytest.mark.parametrize("form", FORMS_OF_TEXTS)
def test_labels_may_be_texts(form: str) -> None:
    found = dataset_from_arrays(IMAGES, FORMS_OF_TEXTS[form], IMAGES[:4], TEXTS[:4])
    expected = dataset_from_arrays(IMAGES, LABELS, IMAGES[:4], LABELS[:4], ["cat", "dog"])
    assert found.train.classes == expected.train.classes
    assert found.train.fingerprint == expected.train.fingerprint
    assert found.test.fingerprint == expected.test.fingerprint


def test_numbers_in_a_column_of_objects_are_numbers() -> None:
    found = dataset_from_arrays(IMAGES, LABELS.astype(object))
    assert found.train.fingerprint == dataset_from_arrays(IMAGES, LABELS).train.fingerprint


def test_names_may_be_numbers() -> None:
    found = dataset_from_arrays(IMAGES, LABELS, classes=[7, 1.5])  # type: ignore[list-item]
    assert found.train.classes == ("7", "1.5")


def test_named_classes_keep_their_order_where_labels_are_texts() -> None:
    found = dataset_from_arrays(IMAGES, TEXTS, classes=["dog", "cat"])
    assert found.train.classes == ("dog", "cat")


def test_equal_looking_texts_are_one_class_and_numbers_are_ordered_by_value() -> None:
    found = dataset_from_arrays(IMAGES, ["K\u00fche", "10", " Ku\u0308he", "9"] * 5)
    assert found.train.classes == ("9", "10", "K\u00fche")


def test_a_number_of_thousands_of_digits_is_a_name() -> None:
    found = dataset_from_arrays(IMAGES, ["9" * 5000, "10"] * 10)
    assert found.train.classes == ("10", "9" * 5000)


def test_flat_rows_are_squares() -> None:
    square = IMAGES[:, :5, :]
    found = dataset_from_arrays(square.reshape(20, 25), LABELS, square[:4].reshape(4, 25), LABELS[:4])
    expected = dataset_from_arrays(square, LABELS, square[:4], LABELS[:4])
    assert found.train.fingerprint == expected.train.fingerprint
    assert found.test.fingerprint == expected.test.fingerprint
    assert found.notes == ("arrays: rows of 25 pixels are read as grey images of 5x5",)


@pytest.mark.parametrize("names", [("cat", "cat"), ("cat", " cat"), ("K\u00fche", "Ku\u0308he"), (1, "1")])
def test_two_classes_of_one_name_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(DataError, match="two classes are called") as caught:
        dataset_from_arrays(IMAGES, LABELS, classes=names, name="pets")
    assert str(caught.value).startswith("pets: ")


BAD = {
    "ragged": ([[[1, 2], [3]]], [0], "no array can be made"),
    "no images": (IMAGES[:0], LABELS[:0], "at least one pixel"),
    "one class": (IMAGES, LABELS * 0, "at least two classes"),
    "objects": (np.array([None] * 20), LABELS, "pixels of type object"),
    "booleans": (IMAGES > 9, LABELS, "pixels of type bool"),
    "labels that are texts and numbers": (
        IMAGES,
        np.array(["a", 1] * 10, object),
        "label 1 is '1' of type int",
    ),
    "labels that are missing": (IMAGES, np.array(["a", None] * 10, object), "label 1 is 'None'"),
    "labels that are empty": (IMAGES, ["a", ""] * 10, "label 1 is ''"),
    "labels of no text": (IMAGES, np.array([b"a", b"\xff"] * 10), "not UTF-8 text"),
    "labels that are dates": (IMAGES, np.zeros(20, "M8[s]"), "labels of type"),
    "rows of colour": (np.zeros((20, 75), np.uint8), LABELS, r"as in CIFAR"),
    "channels first": (np.zeros((20, 3, 6, 5), np.uint8), LABELS, r"transpose\(0, 2, 3, 1\)"),
    "rows of no square": (IMAGES.reshape(20, 30), LABELS, "not a square: reshape to"),
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
