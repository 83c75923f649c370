"""The models that come with gossamer: by name, each its preset's, with a card, and able to tell clothes."""

from pathlib import Path

import numpy as np
import pytest

from gossamer.data import fashion_mnist
from gossamer.engine import open_engine
from gossamer.errors import ModelFileError
from gossamer.models import model_names, named_model
from gossamer.network import Architecture, load_model
from gossamer.presets import load_preset

LARGEST = 500_000


@pytest.mark.parametrize("name", model_names())
def test_each_is_its_presets_and_has_a_card(name: str) -> None:
    model, file = load_model(Path(name)), named_model(name)
    assert file is not None
    assert file.stat().st_size < LARGEST
    words = load_preset(name).network.layers[0]
    assert model.network == Architecture.parse(words, (28, 28, 1), 10)
    card = file.with_suffix(".md").read_text()
    assert model.network.words in card
    assert "fashion-mnist" in card


@pytest.mark.parametrize("name", model_names())
def test_each_tells_training_images_apart(name: str) -> None:
    model, images = load_model(Path(name)), fashion_mnist.load().train.take(np.arange(0, 60_000, 60))
    logits = open_engine("native").logits(model.network, model.weights, model.scaling, images.images)
    assert (logits.argmax(axis=1) == images.labels).mean() > 0.9


def test_a_file_of_a_models_name_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = model_names()[0]
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"no model")
    assert named_model(name) is not None
    with pytest.raises(ModelFileError, match="no safetensors file"):
        load_model(Path(name))
