"""PyTorch both ways: the same logits, and a refusal that names the layer."""

import numpy as np
import pytest
import torch
from torch import nn

from gossamer import from_torch
from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.errors import DataError, SettingError
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed

NETWORKS = {
    "the report's": ("conv16 pool conv32 pool dense", (28, 28, 1)),
    "colour, other kernels, gap": ("conv8k5 conv8k1 pool conv16 gap dense", (13, 10, 3)),
    "a pool first, two in a row": ("pool conv4 pool pool dense", (28, 28, 1)),
    "average pools": ("avg conv4 avg conv5 pool avg dense", (19, 17, 2)),
    "dense alone": ("dense", (5, 4, 2)),
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
    assert back.hash == ours.hash
    assert back.classes == ours.classes


def test_real_images_have_equal_logits_and_labels(fashion_mnist: Dataset) -> None:
    ours, images = model("the report's"), fashion_mnist.train.images[::30]
    with torch.inference_mode():
        theirs = ours.to_torch()(torch.tensor(images).permute(0, 3, 1, 2)).numpy()
    logits = open_engine("native").logits(ours.network, ours.weights, ours.scaling, images)
    assert np.abs(theirs - logits).max() <= 1e-5
    assert np.array_equal(theirs.argmax(1), logits.argmax(1))


def test_what_was_trained_elsewhere_comes_home() -> None:
    elsewhere = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.MaxPool2d(2), nn.ReLU(), nn.Dropout(0.5)),
        nn.Sequential(nn.Conv2d(4, 6, 5, padding=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1)),
        nn.Flatten(),
        nn.Identity(),
        nn.Linear(6, 7),
    ).eval()
    ours = from_torch(elsewhere, (8, 9, 1))
    assert ours.network.words == "conv4 pool conv6k5 gap dense"
    assert ours.classes == tuple("0123456")
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 9, 1)).astype(np.uint8)
    with torch.inference_mode():
        theirs = elsewhere(torch.tensor(images).permute(0, 3, 1, 2) / 255).numpy()
    logits = open_engine("native").logits(ours.network, ours.weights, ours.scaling, images)
    assert np.abs(theirs - logits).max() < 1e-5


def conv(**options: object) -> nn.Conv2d:
    return nn.Conv2d(**({"in_channels": 1, "out_channels": 2, "kernel_size": 3, "padding": 1} | options))  # type: ignore[arg-type]


END = (nn.Flatten(), nn.Linear(2 * 64, 3))
STRANGE: dict[str, tuple[list[nn.Module], str]] = {
    "another layer": ([conv(), nn.ReLU(), nn.BatchNorm2d(2), *END], r"BatchNorm2d\(2.* has no counterpart"),
    "a stride": ([conv(stride=2), nn.ReLU(), *END], r"stride=\(2, 2\).* has no counterpart"),
    "no padding": ([conv(padding=0), nn.ReLU(), *END], "has no counterpart"),
    "reflections": ([conv(padding_mode="reflect"), nn.ReLU(), *END], "has no counterpart"),
    "no bias": ([conv(bias=False), nn.ReLU(), *END], "has no counterpart"),
    "an even kernel": ([conv(kernel_size=4), nn.ReLU(), *END], "has no counterpart"),
    "groups": ([conv(in_channels=2, groups=2), nn.ReLU(), *END], "has no counterpart"),
    "a pool of 3": ([conv(), nn.ReLU(), nn.MaxPool2d(3), *END], r"MaxPool2d\(kernel_size=3.* has no"),
    "a pool that rounds up": ([nn.MaxPool2d(2, ceil_mode=True), *END], "has no counterpart"),
    "an average of 3": ([conv(), nn.ReLU(), nn.AvgPool2d(3), *END], r"AvgPool2d\(kernel_size=3.* has no"),
    "an average that rounds up": ([nn.AvgPool2d(2, ceil_mode=True), *END], "has no counterpart"),
    "another divisor": ([nn.AvgPool2d(2, divisor_override=3), *END], "has no counterpart"),
    "an average before the ReLU": ([conv(), nn.AvgPool2d(2), nn.ReLU(), *END], "has no ReLU"),
    "no ReLU": ([conv(), *END], r"Conv2d.* has no ReLU"),
    "a mean before the ReLU": ([conv(), nn.AdaptiveAvgPool2d(1), nn.ReLU(), *END], "has no ReLU"),
    "two ReLUs": ([conv(), nn.ReLU(), nn.ReLU(), *END], r"ReLU\(\) follows ReLU"),
    "two dense layers": (
        [nn.Flatten(), nn.Linear(64, 9), nn.Linear(9, 3)],
        r"Linear\(in_features=64.* has no",
    ),
    "a softmax": ([*END, nn.Softmax(1)], r"Softmax\(dim=1\) is last"),
    "nothing": ([], "is last"),
    "images of another size": (
        [conv(), nn.ReLU(), nn.Flatten(), nn.Linear(99, 3)],
        "expected .* for images of",
    ),
    "a transposed convolution": (
        [nn.ConvTranspose2d(1, 2, 3, padding=1), nn.ReLU(), *END],
        "has no counterpart",
    ),
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_has_no_counterpart_is_named(case: str) -> None:
    layers, words = STRANGE[case]
    with pytest.raises(SettingError, match=words) as caught:
        from_torch(nn.Sequential(*layers), (8, 8, 1))
    assert "\n" not in str(caught.value)


def test_weights_that_are_no_numbers_are_refused() -> None:
    layer = nn.Linear(64, 3)
    torch.nn.init.constant_(layer.weight, float("nan"))
    with pytest.raises(SettingError, match="no finite number"):
        from_torch(nn.Sequential(nn.Flatten(), layer), (8, 8, 1))


def test_two_classes_of_one_name_are_refused() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(DataError, match="two classes are called 'crane'"):
        from_torch(module, (8, 8, 1), ["crane", "dog", "crane "])
