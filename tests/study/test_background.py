"""Black drawings on nothing: refused where nothing can be seen, studied on white, and read so ever after."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gossamer
from gossamer.data import Reading, open_source, read_named
from gossamer.engine import open_engine
from gossamer.errors import DataError, SettingError
from gossamer.inference import Predictor
from gossamer.network import load_model
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    TrainingSettings,
    evaluate_model,
    plan_study,
    read_study,
    training_images,
)

STUDY = Study(
    network=NetworkSettings(("conv4 pool dense",)),
    training=TrainingSettings(learning_rate=(0.02,), batch_size=(8,), epochs=(2,)),
    search=SearchSettings(folds=2),
    final=FinalSettings(max_epochs=4),
)


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """Bars across and bars down, in black on nothing."""
    for name in ("across", "down"):
        folder = tmp_path / "drawings" / name
        folder.mkdir(parents=True)
        for i in range(30):
            pixels = np.zeros((8, 8, 4), np.uint8)
            pixels[1 + i % 6, : 3 + i // 6, 3] = 255
            Image.fromarray(pixels if name == "across" else pixels.swapaxes(0, 1)).save(folder / f"{i}.png")
    return tmp_path / "drawings"


def test_images_that_all_come_out_the_same_are_refused_with_the_reason(drawings: Path) -> None:
    with pytest.raises(DataError) as caught:
        open_source(str(drawings))
    assert str(caught.value) == (
        f"{drawings}: all 60 images came out the same: every pixel is [0, 0, 0]. Transparent pixels become"
        " black, and so hide a drawing in black; try --background white"
    )
    assert len(open_source(str(drawings), None, Reading(background="white")).train) == 48


def test_one_picture_sixty_times_is_refused_as_that(drawings: Path) -> None:
    content = next(drawings.glob("across/*")).read_bytes()
    for path in drawings.glob("*/*"):
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"all 60 images came out the same, pixel for pixel"):
        open_source(str(drawings), None, Reading(background="white"))


def test_too_few_distinct_images_are_counted_as_such(drawings: Path) -> None:
    content = next(drawings.glob("across/*")).read_bytes()
    for path in drawings.glob("across/*"):
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"60 images, 31 of them distinct"):
        open_source(str(drawings), None, Reading(background="white"))


def test_a_model_reads_pictures_as_it_was_trained(drawings: Path, tmp_path: Path) -> None:
    study = replace(STUDY, data=DataSettings(str(drawings), background="white"))
    results = gossamer.run(study, out=tmp_path / "out")
    path = tmp_path / "out" / "model.safetensors"
    model = load_model(path)
    assert model.picture_background == "white"
    assert read_study(tmp_path / "out" / "study.toml").data.background == "white"

    whole = open_source(str(drawings), None, Reading(background="white")).train
    predictor = Predictor(model, open_engine("auto"))
    (found,) = read_named(
        [str(drawings / "across")], lambda pixels, _: pixels, reading=predictor.reading(fit=False), batch=99
    )
    brought = {each.pixels.tobytes() for each in found if each.pixels is not None}
    assert {image.tobytes() for image in whole.images[whole.labels == 0]} <= brought

    scored = evaluate_model(path, str(drawings))
    assert scored.correct == results.test.correct
    assert training_images(model, path, str(drawings)).train.images.max() == 255
    with pytest.raises(DataError, match="came out the same"):  # what is asked for wins
        evaluate_model(path, str(drawings), reading=Reading(background="black"))


def test_a_data_set_at_hand_brings_its_background(drawings: Path) -> None:
    data = gossamer.load_data(drawings, background="white")
    assert plan_study(STUDY, dataset=data).study.data.background == "white"


def test_the_default_changes_no_study(drawings: Path) -> None:
    white = open_source(str(drawings), None, Reading(background="white"))
    assert plan_study(STUDY, dataset=white).identity["study"]["data"] == {}


def test_another_background_is_refused() -> None:
    with pytest.raises(SettingError, match="a background is black or white; got 'pink'"):
        Reading(background="pink")


def test_a_model_of_padded_pictures_pads_alike_and_calls_none_of_them_odd(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(10):
            light = random.integers(200, 256, (8, 16)).astype(np.uint8)
            Image.fromarray(light).save(tmp_path / "set" / name / f"{i}.png")
    study = replace(STUDY, data=DataSettings(str(tmp_path / "set"), size="8x8"))
    results = gossamer.run(study, out=tmp_path / "out")
    predictor = Predictor(results.model, open_engine("auto"))
    trained_on = {
        image.tobytes() for image in open_source(str(tmp_path / "set"), None, Reading((8, 8))).train.images
    }
    found = 0
    for path in (tmp_path / "set").glob("*/*"):
        picture = np.asarray(Image.open(path))[..., np.newaxis]
        assert predictor.oddities(picture[np.newaxis]) == [None]
        found += predictor.prepare(picture, "it", fit=True).tobytes() in trained_on
    assert found == len(trained_on)
