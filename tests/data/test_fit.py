"""Another size: a picture of the same shape is resized as it always was, one of another shape is padded."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gossamer.data import Dataset, Reading, fit_array, open_source
from gossamer.engine import open_engine
from gossamer.inference import Predictor
from gossamer.network import Architecture, Model, Scaling, initial_weights

NOISE = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", [(10, 15), (40, 60), (20, 30)])
def test_the_same_aspect_ratio_is_resized_bit_for_bit(size: tuple[int, int]) -> None:
    height, width = size
    plain = [Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS) for image in NOISE]
    assert np.array_equal(fit_array(NOISE, Reading(size)), np.stack([np.asarray(each) for each in plain]))


@pytest.mark.parametrize("shape", [(1, 1), (1, 999), (999, 1), (7, 5), (5, 7), (100, 101), (641, 480)])
@pytest.mark.parametrize("size", [(8, 8), (1, 1), (6, 9)])
def test_a_picture_is_complete_and_centred(shape: tuple[int, int], size: tuple[int, int]) -> None:
    (fitted,) = fit_array(np.full((1, *shape, 1), 200, np.uint8), Reading(size), 50)
    assert fitted.shape == (*size, 1)
    inside = fitted[..., 0] == 200
    assert set(np.unique(fitted)) <= {50, 200}
    sides = inside.any(axis=1).sum(), inside.any(axis=0).sum()
    assert inside.sum() == sides[0] * sides[1]
    scale = min(size[0] / shape[0], size[1] / shape[1])
    assert all(abs(side - max(1, scale * was)) <= 0.5 for side, was in zip(sides, shape, strict=True))
    before, after = np.argmax(inside.any(axis=1)), np.argmax(inside.any(axis=1)[::-1])
    assert abs(int(before) - int(after)) <= 1


@pytest.mark.parametrize(("background", "brightness"), [(None, 0), ("black", 0), ("white", 255)])
def test_pictures_are_padded_with_their_background(background: str | None, brightness: int) -> None:
    fitted = fit_array(np.full((1, 2, 4, 3), 100, np.uint8), Reading((4, 4), background=background))[0]
    assert fitted[:, 0].tolist() == [[brightness] * 3, [100] * 3, [100] * 3, [brightness] * 3]


def test_size_pads_what_a_source_holds(tmp_path: Path, fashion_mnist: Dataset) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("L", (20, 10), 100 + i + (name == "b") * 9).save(tmp_path / name / f"{i}.png")
    images = open_source(str(tmp_path), None, Reading((8, 8), background="white")).train.images
    assert (images[:, :2] == 255).all()
    assert (images[:, 2:6] < 255).all()
    assert open_source(str(tmp_path), None, Reading((8, 8))).padded
    assert not open_source(str(tmp_path), None, Reading((5, 10))).padded
    tall = open_source("fashion-mnist", None, Reading((28, 14))).train
    assert not tall.images[:, :7].any()


def predictor(shape: tuple[int, int, int], **provenance: object) -> Predictor:
    network = Architecture.parse("conv2 dense", shape, 2)
    weights = initial_weights(network, "x")
    return Predictor(Model(network, weights, Scaling(), ("x", "y"), provenance), open_engine("auto"))


@pytest.mark.parametrize(
    ("provenance", "brightness"),
    [
        ({"background": 77}, 77),
        ({"background": 0, "picture_background": "white"}, 0),
        ({"picture_background": "white"}, 255),
        ({}, 0),
        ({"background": None}, 0),
        ({"background": 10**9}, 0),
        ({"background": "light"}, 0),
    ],
)
def test_a_model_pads_with_its_training_background(provenance: dict[str, object], brightness: int) -> None:
    for shape in ((4, 4, 1), (4, 4, 3)):
        found = predictor(shape, **provenance).prepare(np.full((2, 4, 1), 100, np.uint8), "it", fit=True)
        assert found.shape == shape
        assert found[:, 0, 0].tolist() == [brightness, 100, 100, brightness]
