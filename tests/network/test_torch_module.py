"""A model as a PyTorch module has the engine's logits."""

import numpy as np
import pytest
import torch

from gossamer import from_torch
from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed

NETWORKS = {
    "the report's": ("conv16 pool conv32 pool dense", (28, 28, 1)),
    "colour, other kernels, gap": ("conv8k5 conv8k1 pool conv16 gap dense", (13, 10, 3)),
    "a pool first, two in a row": ("pool conv4 pool pool dense", (28, 28, 1)),
    "average pools": ("avg conv4 avg conv5 pool avg dense", (19, 17, 2)),
    "dense alone": ("dense", (5, 4, 2)),
    "separable, strided, linear ends": ("relu6 sep4 inv6e2k5s2 dw conv5s3 gap dense", (12, 11, 2)),
    "branches": ("bn conv4 (conv4 conv6 | sep6k1) inv6e1+ pool dense", (9, 9, 3)),
}


def model(name: str, scaling: Scaling | None = None) -> Model:
    words, shape = NETWORKS[name]
    network = Architecture.parse(words, shape, 3)
    weights = initial_weights(network, derive_seed("torch module tests"))
    return Model(network, weights, scaling or Scaling(), ("a", "b", "c"), {})


@pytest.mark.parametrize("name", NETWORKS)
def test_the_module_has_the_engines_logits_and_comes_back(name: str) -> None:
    ours = model(name, Scaling(3.0, 250.0))
    images = np.random.default_rng(0).integers(0, 256, (64, *ours.network.input_shape)).astype(np.uint8)
    module = ours.to_torch()
    with torch.inference_mode():
        theirs = module(torch.tensor(images).permute(0, 3, 1, 2)).numpy()
    engine = open_engine("native")
    assert np.abs(theirs - engine.logits(ours.network, ours.weights, ours.scaling, images)).max() < 1e-4
    back = from_torch(module, ours.network.input_shape, ours.classes)
    assert back.hash == ours.folded.hash
    assert back.classes == ours.classes


def test_real_images_have_equal_logits_and_labels(fashion_mnist: Dataset) -> None:
    ours, images = model("the report's"), fashion_mnist.train.images[::30]
    with torch.inference_mode():
        theirs = ours.to_torch()(torch.tensor(images).permute(0, 3, 1, 2)).numpy()
    logits = open_engine("native").logits(ours.network, ours.weights, ours.scaling, images)
    assert np.abs(theirs - logits).max() <= 1e-5
    assert np.array_equal(theirs.argmax(1), logits.argmax(1))
