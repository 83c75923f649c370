"""A folder of pictures: the data set that its images are in any other form, and one line for what is none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import Dataset, LabelledImages, Reading, open_source
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TrainingSettings,
    plan_study,
    run_study,
)
from tests.data.hostile.pictures import good_folder, save


def read(folder: Path) -> Dataset:
    return open_source(str(folder))


def test_bad_files_are_skipped_on_request_and_named(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / "cat" / "notes.txt").write_text("hello")
    (folder / "dog" / "half.png").write_bytes((folder / "dog" / "0.png").read_bytes()[:40])
    found = open_source(str(folder), None, Reading(skip_bad=True))
    assert len(found.train) + len(found.test) == 10
    (note,) = (note for note in found.notes if "left out" in note)
    assert note.startswith("2 files left out: ")
    assert "notes.txt" in note
    assert "half.png" in note


def test_litter_and_hidden_files_are_ignored(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / ".git").mkdir()
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / "cat" / name).write_bytes(b"x")
    assert len(read(folder).train) == 8


def write_pictures(folder: Path, images: LabelledImages) -> None:
    for i, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
        place = folder / str(label)
        place.mkdir(parents=True, exist_ok=True)
        save(place / f"{i}.png", pixels[..., 0])


@pytest.fixture
def sample(fashion_mnist: Dataset) -> tuple[LabelledImages, LabelledImages]:
    """Training and test images: each a part of the real training images."""
    return tuple(fashion_mnist.train.take(np.arange(first, 60_000, 150)) for first in (0, 1))  # type: ignore[return-value]


def test_pictures_and_idx_files_are_one_study(
    tmp_path: Path,
    sample: tuple[LabelledImages, LabelledImages],
    idx_bytes: Callable[[NDArray[np.uint8]], bytes],
) -> None:
    folders = {"pictures": tmp_path / "pictures", "idx": tmp_path / "idx"}
    folders["idx"].mkdir()
    for part, stem, images in (("train", "train", sample[0]), ("test", "t10k", sample[1])):
        write_pictures(folders["pictures"] / part, images)
        content = {"images-idx3": images.images[..., 0], "labels-idx1": images.labels.astype(np.uint8)}
        for kind, array in content.items():
            (folders["idx"] / f"{stem}-{kind}-ubyte").write_bytes(idx_bytes(array))
    found = {}
    for form, folder in folders.items():
        study = Study(
            DataSettings(str(folder)),
            NetworkSettings(("conv4 pool dense",)),
            TrainingSettings(learning_rate=(0.01, 0.001), batch_size=(32,), epochs=(1,)),
            search=SearchSettings(folds=2),
            final=FinalSettings(max_epochs=2),
        )
        found[form] = run_study(plan_study(study), StudyFolder(tmp_path / f"study of {form}"))
    assert {form: results.data.name for form, results in found.items()} == {
        "pictures": "pictures",
        "idx": "idx",
    }
    idx = found["idx"]
    assert replace(idx, data=replace(idx.data, name="pictures")) == found["pictures"]
    models = [(tmp_path / f"study of {form}" / "model.safetensors").stat().st_size for form in folders]
    assert min(models) > 0


def test_without_a_test_folder_a_fifth_of_each_class_is_the_test_set_with_a_note(tmp_path: Path) -> None:
    found = read(good_folder(tmp_path / "pets"))
    assert (len(found.train), len(found.test)) == (8, 2)
    assert found.train.class_counts.tolist() == [4, 4]
    assert found.notes == (
        f"{tmp_path / 'pets'} has no test images of its own: 2 of 10, a fifth of each class, are the test"
        " set",
    )


def test_validation_images_are_the_test_set_or_join_the_training_images(tmp_path: Path) -> None:
    both = read(good_folder(tmp_path / "a", ("train", "val")))
    assert (len(both.train), len(both.test)) == (10, 10)
    assert both.notes == (f"{tmp_path / 'a'} has no test: the images of val are the test set",)
    three = read(good_folder(tmp_path / "b", ("train", "val", "test")))
    assert (len(three.train), len(three.test)) == (20, 10)
    assert three.notes == (f"{tmp_path / 'b'}: the images of val join those of train",)


@pytest.mark.parametrize(
    "names", [("bus", "train"), ("train", "test"), ("Training", "val"), ("train", "training")]
)
def test_a_folder_of_pictures_is_a_class_whatever_its_name(tmp_path: Path, names: tuple[str, str]) -> None:
    folder = good_folder(tmp_path / "pets")
    for old, new in zip(("cat", "dog"), names, strict=True):
        (folder / old).rename(folder / new)
    found = read(folder)
    assert found.train.classes == tuple(sorted(names))
    assert (len(found.train), len(found.test)) == (8, 2)


def test_classes_of_such_names_within_parts(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets", ("train", "test"))
    for part in ("train", "test"):
        (folder / part / "dog").rename(folder / part / "train")
    found = read(folder)
    assert found.train.classes == ("cat", "train")
    assert (len(found.train), len(found.test)) == (10, 10)


def test_a_folder_around_the_data_set_stands_for_it(tmp_path: Path) -> None:
    for parts in (("",), ("train", "test")):
        expected = read(good_folder(tmp_path / f"archive{len(parts)}" / "pets", parts))
        found = read(tmp_path / f"archive{len(parts)}")
        assert found.name == f"archive{len(parts)}"
        assert found.train.fingerprint == expected.train.fingerprint
        assert found.test.fingerprint == expected.test.fingerprint


def test_classes_named_by_numbers_are_ordered_by_value(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / "cat").rename(folder / "10")
    (folder / "dog").rename(folder / "9")
    assert read(folder).train.classes == ("9", "10")


MARKS: dict[str, int | tuple[int, ...]] = {
    "LA": (255, 255),
    "P": 255,
    "RGB": (0, 0, 0),
    "RGBA": (255, 0, 0, 255),
    "CMYK": (255, 255, 255, 255),
}
"""A pixel of another colour, where it is not 0."""


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, [255]),
        ("L", 77, [77]),
        ("LA", (200, 0), [0]),
        ("P", 3, None),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (200, 100, 50, 0), [0, 0, 0]),
        ("RGBA", (200, 100, 50, 255), [200, 100, 50]),
        ("CMYK", (0, 0, 0, 0), [255, 255, 255]),
        ("I;16", 0x4D80, [0x4D]),
    ],
)
def test_every_kind_of_pixel_becomes_grey_or_rgb(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], expected: list[int] | None
) -> None:
    suffix = "tif" if mode in {"CMYK", "I;16"} else "png"
    for row, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for i in range(5):  # pictures that differ in one dark pixel
            picture = Image.new(mode, (8, 8), colour)
            if mode == "P":
                picture.putpalette([9, 8, 7] * 255 + [0, 0, 0])
            picture.putpixel((i, row), MARKS.get(mode, 0))
            picture.save(tmp_path / name / f"{i}.{suffix}")
    images = read(tmp_path).train.images
    assert images.dtype == np.uint8
    assert images[0, 7, 7].tolist() == (expected or [9, 8, 7])


def test_size_and_channels_make_all_images_equal_in_shape(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    save(folder / "cat" / "wide.png", np.full((16, 30, 3), 128))
    found = open_source(str(folder), None, Reading(size=(12, 10), channels=3))
    assert found.train.shape == found.test.shape == (12, 10, 3)


def test_an_image_of_the_right_size_is_unchanged(fashion_mnist: Dataset) -> None:
    same = open_source("fashion-mnist", None, Reading(size=(28, 28), channels=1))
    assert same.train.fingerprint == fashion_mnist.train.fingerprint
    assert same.test.fingerprint == fashion_mnist.test.fingerprint


def test_idx_files_beside_a_folder_are_still_idx_files(idx_folder: Path) -> None:
    (idx_folder / "notes").mkdir()
    assert (len(read(idx_folder).train), len(read(idx_folder).test)) == (12, 6)


def test_digits_need_no_download(tmp_path: Path) -> None:
    found = open_source("digits")
    assert found.train.shape == (8, 8, 1)
    assert len(found.train) + len(found.test) == 1797
    assert found.train.images.max() == 255
    assert open_source("digits", None, Reading(size=(16, 16))).test.shape == (16, 16, 1)
