"""What the exports' tests share: networks of every kind of layer, and images that they answer."""

from collections.abc import Callable

import numpy as np
import pytest

from gossamer.data import LabelledImages
from gossamer.engine import open_engine
from gossamer.export import Wanted
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed
from gossamer.study import TrainingImages

NETWORKS = {
    "the report's": ("conv16 pool conv32 pool dense", (28, 28, 1)),
    "colour, odd sides": ("conv4k5 pool conv6 dense", (9, 7, 3)),
    "a mean": ("conv8 pool conv8 gap dense", (12, 12, 1)),
    "pools in a row": ("conv4 pool pool dense", (13, 13, 1)),
    "a pool first": ("pool conv4k1 dense", (8, 8, 2)),
    "average pools": ("avg conv6 avg dense", (11, 10, 2)),
    "no convolution": ("dense", (5, 6, 1)),
    "separable blocks": ("bn relu6 conv6 sep9s2 pool sep9+ gap dense", (13, 11, 3)),
    "branches": ("bn hswish conv6 (conv8s2 inv6 conv8 | conv8k1s2) avg dense", (11, 12, 1)),
    "four convolutions": ("conv3 conv5 conv7k7 conv9 dense", (6, 6, 1)),
}
TEMPERATURE = 1.25
CLASSES = ('T-shirt/"top"', "Trouser\\", "??/Überwurf")


@pytest.fixture(params=NETWORKS)
def wanted(request: pytest.FixtureRequest) -> Wanted:
    return make_wanted(*NETWORKS[request.param])


@pytest.fixture
def small() -> Wanted:
    return make_wanted(*NETWORKS["colour, odd sides"])


@pytest.fixture
def make() -> Callable[..., Wanted]:
    return make_wanted


def make_wanted(
    words: str, shape: tuple[int, int, int], minimum: float = 0.0, maximum: float = 255.0
) -> Wanted:
    """An untrained model, its biases, gains and statistics not the initial ones, with images of its shape."""
    network = Architecture.parse(words, shape, len(CLASSES))
    random = np.random.default_rng(0)
    weights = {
        name: array + (random.normal(0, 0.1, array.shape).astype(np.float32) if array.ndim == 1 else 0)
        for name, array in initial_weights(network, derive_seed("export tests")).items()
    }
    provenance = {"data": "made up", "background": 0}
    model = Model(network, weights, Scaling(minimum, maximum), CLASSES, provenance, temperature=TEMPERATURE)
    train, validation = (
        LabelledImages.from_arrays(
            random.integers(0, 256, (n, *shape)).astype(np.uint8), np.arange(n) % len(CLASSES), CLASSES
        )
        for n in (60, 30)
    )
    return Wanted(model, TrainingImages(train, validation, "made up"))


def engine_logits(wanted: Wanted, images: np.ndarray) -> np.ndarray:
    model = wanted.model
    return open_engine("auto").logits(model.network, model.weights, model.scaling, images)
