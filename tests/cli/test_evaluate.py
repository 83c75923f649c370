"""`gossamer evaluate`: the study's own figures again, and every look at test images on record."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copy
from typing import Any

import numpy as np
import pytest

from gossamer.data.idx_folder import read_idx_folder

MODEL = "runs/a/model.safetensors"


@pytest.fixture
def studied(gossamer: Callable[..., Any], tiny_study: Path) -> Callable[..., Any]:
    """The command line, after a study whose folder is runs/a."""
    assert gossamer("run", str(tiny_study), "--out", "runs/a").code == 0
    return gossamer


def accesses() -> int:
    with closing(sqlite3.connect("runs/a/journal.db")) as database:
        return int(database.execute("SELECT count(*) FROM openings").fetchone()[0])


def test_the_studys_own_test_set_is_the_same_opening_and_the_same_figures(
    studied: Callable[..., Any], idx_folder: Path
) -> None:
    ran = studied("evaluate", MODEL, str(idx_folder), "--json")
    assert ran.code == 0, ran.err
    assert "are looked at; journal.db has this access already" in ran.err
    found, test = json.loads(ran.out), json.loads(Path("runs/a/results.json").read_text())["test"]
    for key in ("n", "correct", "accuracy", "loss", "balanced_accuracy", "macro_f1", "confusion", "accesses"):
        assert found[key] == test[key], key
    assert found["interval"][0] <= found["accuracy"] <= found["interval"][1]
    assert accesses() == 1


def test_classes_in_another_order_are_matched_by_name(studied: Callable[..., Any], idx_folder: Path) -> None:
    source = read_idx_folder(idx_folder)
    last = len(source.train.classes) - 1
    arrays = {"classes": np.array(source.train.classes[::-1])}
    for part, images in (("train", source.train), ("test", source.test.unseal())):
        arrays |= {f"x_{part}": images.images, f"y_{part}": last - images.labels}
    np.savez("turned.npz", **arrays)  # type: ignore[arg-type]
    ran = studied("evaluate", MODEL, "turned.npz", "--json")
    assert "has this access already" in ran.err
    found, test = json.loads(ran.out), json.loads(Path("runs/a/results.json").read_text())["test"]
    assert (found["correct"], found["confusion"]) == (test["correct"], test["confusion"])


def test_other_test_images_are_a_new_access(studied: Callable[..., Any], idx_folder: Path) -> None:
    for part in ("images-idx3", "labels-idx1"):  # train and test change places
        train, test = (idx_folder / f"{of}-{part}-ubyte.gz" for of in ("train", "t10k"))
        content = train.read_bytes()
        train.write_bytes(test.read_bytes())
        test.write_bytes(content)
    assert "journal.db records a new test-set access" in studied("evaluate", MODEL, str(idx_folder)).err
    assert accesses() == 2


def test_elsewhere_there_is_no_record_and_it_says_so(studied: Callable[..., Any], idx_folder: Path) -> None:
    copy(MODEL, "model.safetensors")
    ran = studied("evaluate", "model.safetensors", str(idx_folder), "--engine", "torch", "--device", "cpu")
    assert ran.code == 0, ran.err
    assert "on no record, for the model lies in no study folder" in ran.err
    assert "balanced accuracy" in ran.out
    assert "Confusion" in ran.out


def test_training_images_open_nothing(studied: Callable[..., Any], idx_folder: Path) -> None:
    ran = studied("evaluate", MODEL, str(idx_folder), "--split", "train", "--json")
    assert "looked at" not in ran.err
    assert "was trained on these" in ran.err
    whole = json.loads(studied("evaluate", MODEL, str(idx_folder), "--split", "all", "--json").out)
    tested = json.loads(studied("evaluate", MODEL, str(idx_folder), "--json").out)
    train = json.loads(ran.out)
    assert train["accesses"] is None
    for key in ("n", "correct"):
        assert whole[key] == train[key] + tested[key]


def test_what_does_not_fit_is_one_line_and_no_access(studied: Callable[..., Any], idx_folder: Path) -> None:
    wrong = {
        ("evaluate", MODEL, "digits"): "the model takes",
        ("evaluate", "nowhere", "digits"): "nowhere: no such file; the models that come with gossamer are",
        ("evaluate", MODEL, str(idx_folder), "--split", "tset"): "did you mean 'test'?",
        ("evaluate", MODEL, str(idx_folder), "--engine", "toch"): "no engine 'toch'",
    }
    for words, line in wrong.items():
        ran = studied(*words)
        assert ran.code in {1, 2}
        assert line in ran.err
        assert len(ran.err.splitlines()) == 1
    assert accesses() == 1


def test_another_number_of_classes_is_one_line(studied: Callable[..., Any], idx_folder: Path) -> None:
    height, width, channels = json.loads(Path("runs/a/results.json").read_text())["data"]["shape"]
    assert channels == 1
    ran = studied("evaluate", MODEL, "digits", "--size", f"{height}x{width}")
    assert ran.code == 1
    assert "digits: it has 10 classes and the model" in ran.err
    assert len(ran.err.splitlines()) == 1
