"""`gossamer predict` and `gossamer export`, as a person types them."""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from gossamer import LightweightCNNClassifier
from gossamer.models import model_names
from gossamer.network import Architecture, Model, Scaling, initial_weights, load_model
from gossamer.seeds import derive_seed

CLASSES = ("cat", "dog, big", "[bold]eel")
TEMPERATURE = 1.5
Gossamer = Callable[..., Any]


@pytest.fixture
def model(tmp_path: Path) -> str:
    network = Architecture.parse("conv4 pool dense", (8, 8, 1), 3)
    weights = initial_weights(network, derive_seed("x"))
    made = Model(network, weights, Scaling(), CLASSES, {"background": 0}, temperature=TEMPERATURE)
    made.save(tmp_path / "m.safetensors")
    return str(tmp_path / "m.safetensors")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five grey pictures of 8x8, dark at their edges."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(5):
        image = np.zeros((8, 8), np.uint8)
        image[1:-1, 1:-1] = random.integers(0, 256, (6, 6))
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def test_files_folders_and_patterns_get_the_same_answers(
    gossamer: Gossamer, model: str, pictures: Path
) -> None:
    folder = gossamer("predict", model, str(pictures))
    assert folder.code == 0, folder.err
    assert folder.err == ""
    lines = folder.out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(pictures / f"{n}.png") for n in range(5)]
    assert gossamer("predict", model, str(pictures / "*.png")).out == folder.out
    assert gossamer("predict", model, str(pictures / "3.png")).out.splitlines() == [lines[3]]


def test_a_model_that_comes_with_gossamer_has_a_name(gossamer: Gossamer, tmp_path: Path) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "dark.png")
    ran = gossamer("predict", "tiny-5k", "dark.png")
    assert ran.code == 0, ran.err
    ran = gossamer("export", "tiny-5k", "--to", "onnx")
    assert ran.code == 0, ran.err
    assert (tmp_path / "export" / "model.onnx").is_file()
    ran = gossamer("predict", "large-1g", "dark.png")
    assert ran.code == 1
    assert (
        f"large-1g: no such file; the models that come with gossamer are {', '.join(model_names())}"
        in ran.err
    )


def test_json_and_csv_hold_every_probability(gossamer: Gossamer, model: str, pictures: Path) -> None:
    records = [
        json.loads(line) for line in gossamer("predict", model, str(pictures), "--json").out.splitlines()
    ]
    rows = gossamer("predict", model, str(pictures), "--csv").out.splitlines()
    logit_columns = 'logit of cat,"logit of dog, big",logit of [bold]eel'
    assert rows[0] == f'image,class,warning,cat,"dog, big",[bold]eel,{logit_columns}'
    for record, row in zip(records, rows[1:], strict=True):
        shares = record["probabilities"]
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert record["class"] == max(shares, key=shares.get)
        logits = np.array(list(record["logits"].values()))
        assert list(shares.values()) == pytest.approx(softmax(logits / TEMPERATURE), abs=1e-5)
        numbers = (*shares.values(), *record["logits"].values())
        assert row.endswith(",".join(f"{number:.6f}" for number in numbers))
    assert gossamer("predict", model, str(pictures), "--csv", "--json").code == 2


@pytest.mark.parametrize("name", ["image", "class", "warning", "logit of cat"])
def test_every_column_of_csv_has_a_heading_of_its_own(
    gossamer: Gossamer, model: str, pictures: Path, name: str
) -> None:
    replace(load_model(Path(model)), classes=("cat", "dog", name)).save(Path(model))
    heads, first, *_ = csv.reader(gossamer("predict", model, str(pictures), "--csv").out.splitlines())
    assert len(set(heads)) == len(heads)
    found = dict(zip(heads, first, strict=True))
    assert sum(float(found[f"probability of {each}"]) for each in ("cat", "dog", name)) == pytest.approx(1)


def test_standard_input_is_a_picture(
    gossamer: Gossamer, model: str, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = gossamer("predict", model, str(pictures / "2.png")).out.split("\t", 1)[1]
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO((pictures / "2.png").read_bytes())))
    assert gossamer("predict", model, "-").out == f"-\t{expected}"


def test_another_size_is_fitted_if_asked(gossamer: Gossamer, model: str, tmp_path: Path) -> None:
    Image.new("RGB", (20, 10), (9, 9, 9)).save(tmp_path / "wide.jpg")
    refused = gossamer("predict", model, str(tmp_path / "wide.jpg"))
    assert refused.code == 1
    assert "10x20 RGB, and the model takes 8x8 grey; ask for it to be fitted (--fit" in refused.err
    assert gossamer("predict", model, str(tmp_path / "wide.jpg"), "--fit").code == 0


@pytest.mark.parametrize(("background", "brightness"), [(None, 0), ("white", 255)])
def test_a_transparent_picture_lies_on_what_the_model_was_trained_on(
    gossamer: Gossamer, tmp_path: Path, background: str | None, brightness: int
) -> None:
    network = Architecture.parse("conv4 pool dense", (8, 8, 1), 3)
    provenance = {} if background is None else {"picture_background": background}
    Model(network, initial_weights(network, "x"), Scaling(), CLASSES, provenance).save(tmp_path / "m")
    Image.new("LA", (8, 8), (100, 0)).save(tmp_path / "nothing.png")
    Image.new("L", (8, 8), brightness).save(tmp_path / "same.png")
    found, expected = (
        gossamer("predict", "m", str(tmp_path / f"{name}.png")).out.split("\t", 1)[1]
        for name in ("nothing", "same")
    )
    assert found == expected


def test_a_photograph_larger_than_what_is_held_is_fitted(
    gossamer: Gossamer, model: str, tmp_path: Path
) -> None:
    Image.new("L", (6_000, 4_000), 9).save(tmp_path / "photo.jfif")
    refused = gossamer("predict", model, str(tmp_path / "photo.jfif"))
    assert refused.code == 1
    assert "4000x6000 pixels, expected at most 16,777,216 in all; ask for a size" in refused.err
    assert gossamer("predict", model, str(tmp_path), "--fit").out.startswith(f"{tmp_path / 'photo.jfif'}\t")


def test_a_fitted_picture_keeps_its_shape_on_the_training_background(
    gossamer: Gossamer, model: str, tmp_path: Path
) -> None:
    wide, padded = np.full((8, 16), 200, np.uint8), np.zeros((8, 8), np.uint8)
    padded[2:6] = 200
    for name, pixels in (("wide", wide), ("padded", padded)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    found, expected = (
        json.loads(gossamer("predict", model, str(tmp_path / f"{name}.png"), "--fit", "--json").out)
        for name in ("wide", "padded")
    )
    assert found["probabilities"] == expected["probabilities"]
    assert "light at its edge" in found["warning"]  # as it was brought, without what is beside it


def test_what_looks_inverted_is_told_of_and_answered(gossamer: Gossamer, model: str, tmp_path: Path) -> None:
    for n in range(8):
        Image.new("L", (8, 8), 250).save(tmp_path / f"{n}.png")
    ran = gossamer("predict", model, *(str(tmp_path / f"{n}.png") for n in range(8)))
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 8
    assert "0.png: light at its edge, where the training images are dark: is it inverted" in ran.err
    assert "and 3 other pictures like that" in ran.err


def test_a_bad_picture_costs_no_other_its_answer(gossamer: Gossamer, model: str, pictures: Path) -> None:
    (pictures / "2.png").write_bytes(b"no picture")
    ran = gossamer("predict", model, str(pictures), str(pictures / "none.png"))
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 4
    assert len(ran.err.splitlines()) == 2
    assert "2.png: not a readable picture" in ran.err
    (pictures / "empty").mkdir()
    assert "a folder without pictures" in gossamer("predict", model, str(pictures / "empty")).err


def test_a_study_s_model_is_exported_without_a_look_at_its_test_set(
    gossamer: Gossamer, tiny_study: Path
) -> None:
    assert gossamer("run", str(tiny_study), "--workers", "1").code == 0
    journal = Path("runs/tiny-study/journal.db").read_bytes()
    ran = gossamer("export", "runs/tiny-study/model.safetensors", "--to", "onnx")
    assert ran.code == 0, ran.err
    assert "0 of 12 labels change" in ran.out
    assert Path("runs/tiny-study/export/model.onnx").is_file()
    assert Path("runs/tiny-study/journal.db").read_bytes() == journal
    found = json.loads(gossamer("export", "runs/tiny-study/model.safetensors", "--to", "c", "--json").out)
    assert found["parity"]["images"] == 12


def test_a_model_that_stands_alone_needs_its_data_named(
    gossamer: Gossamer, model: str, idx_folder: Path, tmp_path: Path
) -> None:
    refused = gossamer("export", model, "--to", "onnx")
    assert refused.code == 1
    assert "--data SOURCE" in refused.err
    wrong = gossamer("export", model, "--to", "onnx", "--data", str(idx_folder))
    assert "the model takes 8x8x1" in wrong.err
    for number in range(60):
        folder = tmp_path / "pets" / str(number % 3)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((9, 9), number, np.uint8)).save(folder / f"{number}.png")
    words = ("--data", str(tmp_path / "pets"), "--size", "8x8", "--out", "there")
    done = gossamer("export", model, "--to", "onnx", *words)
    assert done.code == 0, done.err
    assert Path("there/model.onnx").is_file()


def test_a_study_s_folder_is_taken_wherever_a_model_is(
    gossamer: Gossamer, tiny_study: Path, idx_folder: Path, tmp_path: Path
) -> None:
    assert gossamer("run", str(tiny_study), "--workers", "1").code == 0
    file, folder = "runs/tiny-study/model.safetensors", "runs/tiny-study"
    Image.new("L", load_model(Path(file)).network.input_shape[1::-1], 9).save(tmp_path / "x.png")
    for words in (["predict", "{}", str(tmp_path / "x.png")], ["evaluate", "{}", str(idx_folder)]):
        of_file, of_folder = (gossamer(*(w.format(each) for w in words)) for each in (file, folder))
        assert (of_folder.code, of_folder.out) == (of_file.code, of_file.out) == (0, of_file.out)
    exported = gossamer("export", folder, "--to", "torch")
    assert exported.code == 0, exported.err
    assert Path("runs/tiny-study/export/torch/model.safetensors").is_file()
    assert LightweightCNNClassifier.load(folder).model_.hash == load_model(Path(file)).hash
    for command in (["predict", "{}", "x"], ["evaluate", "{}", "digits"], ["export", "{}", "--to", "onnx"]):
        refused = gossamer(*(w.format(tmp_path) for w in command))
        assert refused.code == 1
        assert "a folder without model.safetensors; expected a model file, or the folder of" in refused.err
        assert len(refused.err.splitlines()) == 1
