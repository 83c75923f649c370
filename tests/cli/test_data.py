"""`gossamer data`: what it says of a data set, of the images that are in it twice, and how it is split."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.data.hostile.pictures import good_folder

Gossamer = Callable[..., Any]


@pytest.fixture
def duplicates(idx_folder: Path, idx_bytes: Callable[[NDArray[np.uint8]], bytes]) -> Path:
    """The tiny data set with other training images: one twelve times, under all three labels."""
    for path in idx_folder.glob("train-images*"):
        path.unlink()
    images = np.full((12, 4, 5), 7, np.uint8)
    (idx_folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(images))
    return idx_folder


@pytest.mark.parametrize("command", ["info", "verify"])
def test_it_counts_duplicates(gossamer: Gossamer, idx_folder: Path, command: str) -> None:
    ran = gossamer("data", command, str(idx_folder))
    assert ran.code == 0, ran.err
    assert "exact duplicates training 0, test 0, across 0; with contradicting labels 0" in ran.out
    assert "near duplicates  training 0, test 0, across 0; " in ran.out


@pytest.mark.parametrize("command", ["info", "verify"])
def test_duplicates_are_no_fault(gossamer: Gossamer, duplicates: Path, command: str) -> None:
    ran = gossamer("data", command, str(duplicates))
    assert ran.code == 0, ran.err
    assert "exact duplicates training 12, test 0, across 0; with contradicting labels 12" in ran.out
    assert "near duplicates  training 12, test 0, across 0; " in ran.out


def test_json_holds_the_same_counts(gossamer: Gossamer, duplicates: Path) -> None:
    found = json.loads(gossamer("data", "info", str(duplicates), "--json").out)
    assert found["name"] == "tiny"
    assert (found["train"]["images"], found["test"]["images"]) == (12, 6)
    assert found["duplicates"] == {"train": 12, "test": 0, "across": 0, "contradicting": 12}
    assert found["near_duplicates"] == {"train": 12, "test": 0, "across": 0}


def test_a_page_is_written_beside_what_is_said(gossamer: Gossamer, duplicates: Path, tmp_path: Path) -> None:
    plain, ran = (
        gossamer("data", "info", str(duplicates)),
        gossamer("data", "info", str(duplicates), "--html", "a.html"),
    )
    assert ran.out == plain.out + "page             a.html\n"
    assert "12 training images have a duplicate" in (tmp_path / "a.html").read_text()
    as_json = gossamer("data", "info", str(duplicates), "--html", "b.html", "--json")
    assert json.loads(as_json.out)["name"] == "tiny"
    assert (tmp_path / "b.html").read_bytes() == (tmp_path / "a.html").read_bytes()


def test_a_study_of_copies_of_one_image_is_refused(
    gossamer: Gossamer, duplicates: Path, tiny_study: Path
) -> None:
    ran = gossamer("run", str(tiny_study))
    assert ran.code == 1
    assert ran.err == "error: 1 distinct images cannot make 2 folds; lower search.folds\n"


def test_a_run_says_so_before_the_first_fit(
    gossamer: Gossamer,
    idx_folder: Path,
    idx_bytes: Callable[[NDArray[np.uint8]], bytes],
    tiny_study: Path,
) -> None:
    quiet = gossamer("run", str(tiny_study), "--workers", "1", "--out", "quiet")
    assert "duplicates" not in quiet.err + quiet.out
    path = next(idx_folder.glob("t10k-images*"))
    path.unlink()
    images = np.random.default_rng(0).integers(0, 256, (12, 4, 5)).astype(np.uint8)[:6]  # of the training set
    images[5] = 0
    (idx_folder / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(images))
    ran = gossamer("run", str(tiny_study), "--workers", "1", "--out", "here")
    assert ran.code == 0, ran.err
    lines = ran.err.splitlines()
    assert lines[1].startswith(
        "duplicates: 0 training images (0 with contradicting labels), 0 test images, 5 "
    )
    assert "fits done" in lines[2]
    assert "of the 1 that duplicate no training image: accuracy" in ran.out


def test_a_background_is_offered_wherever_pictures_are_read(
    gossamer: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("across", "down"):
        (tmp_path / "drawings" / name).mkdir(parents=True)
        for i in range(5):
            pixels = np.zeros((8, 8, 2), np.uint8)
            pixels[i, :, 1] = 255
            drawing = Image.fromarray(pixels if name == "across" else pixels.swapaxes(0, 1).copy())
            drawing.save(tmp_path / "drawings" / name / f"{i}.png")
    for words in (
        ("data", "info", "drawings"),
        ("data", "verify", "drawings"),
        ("suggest", "drawings", "--max-parameters", "2000"),
        ("run", "--data", "drawings", "--dry-run"),
    ):
        ran = gossamer(*words)
        assert (ran.code, "try --background white" in ran.err) == (1, True)
        assert "came out the same" not in gossamer(*words, "--background", "white").err
        refused = gossamer(*words, "--background", "pink")
        assert refused.code == 2
        assert "data.background must be one of 'black', 'white'; got 'pink'" in refused.err


def test_the_command_lists_what_a_study_of_that_reading_uses(
    gossamer: Callable[..., Any], tmp_path: Path
) -> None:
    good_folder(tmp_path / "pets")
    ran = gossamer("data", "split", "pets", "--size", "5x5", "--channels", "1", "--out", "a/lists")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "training images        8  a/lists/train.csv",
        "test images            2  a/lists/test.csv",
    ]
    again = gossamer("data", "split", "pets", "--size", "5x5", "--channels", "1", "--out", "a/lists")
    assert (again.code, again.out) == (0, ran.out)
    (tmp_path / "a" / "lists" / "test.csv").write_text("mine\n")
    refused = gossamer("data", "split", "pets", "--out", "a/lists")
    assert refused.code == 1
    assert refused.err.splitlines()[-1].startswith("error: a/lists/t")
    assert (tmp_path / "a" / "lists" / "test.csv").read_text() == "mine\n"
    assert gossamer("data", "split", "pets").code == 2
