"""A value of many numbers shows in one line what it is and how large, never the numbers."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import numpy as np
import pytest

import gossamer
from gossamer.data import LabelledImages, Split
from gossamer.engine import TrainingState, open_engine
from gossamer.export.c_source import c_source
from gossamer.export.quantized import quantize
from gossamer.inference import Predictor
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.training import Checkpoint, Epoch, Fitted


def dataclasses_of_the_package() -> Iterator[type]:
    for module in pkgutil.walk_packages(gossamer.__path__, "gossamer."):
        try:
            found = importlib.import_module(module.name)
        except ImportError:  # an extra is not installed
            continue
        for _, each in inspect.getmembers(found, inspect.isclass):
            if dataclasses.is_dataclass(each) and each.__module__ == module.name:
                yield each


@pytest.mark.usefixtures("ray_environment")  # the package's modules include those that import Ray
def test_no_dataclass_prints_its_arrays() -> None:
    printing = [
        f"{each.__module__}.{each.__name__}.{field.name}"
        for each in dataclasses_of_the_package()
        if each.__dataclass_params__.repr  # type: ignore[attr-defined] # what dataclass itself keeps
        for field in dataclasses.fields(each)
        if field.repr and re.search(r"\b(ndarray|bytes)\b", re.sub(r"Callable\[.*", "", str(field.type)))
    ]
    assert printing == []


@pytest.fixture
def model() -> Model:
    network = Architecture.parse("conv4 pool dense", (8, 6, 1), 3)
    return Model(network, initial_weights(network, "reprs"), Scaling(), ("a", "b", "c"), {"data": "made up"})


def test_each_shows_what_it_is_in_one_line(model: Model) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 6, 1)).astype(np.uint8)
    state = TrainingState(model.weights, {"first_moment": model.weights, "second_moment": model.weights}, 7)
    epochs = tuple(Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.5, 0.5) for number in range(1, 51))
    for value, told in {
        model: "<Model 'conv4 pool dense': 187 parameters, 8x6x1 to 3 classes>",
        Predictor(model, open_engine("auto")): "187 parameters",
        Fitted(epochs, model.weights): "Fitted(history=<50 items>, weights=<4 arrays of 187 numbers>)",
        Checkpoint(state, epochs, model.weights): "step=7",
        Split(np.arange(48_000), np.arange(12_000)): "Split(train=<int64 48000>, validation=<int64 12000>)",
        c_source(model): "source=<",
        quantize(model, images): "zero=0",
        LabelledImages.from_arrays(images, np.arange(40) % 3, model.classes): "40 images",
    }.items():
        text = repr(value)
        assert told in text
        assert "\n" not in text
        assert "array(" not in text
        assert len(text) < 600
