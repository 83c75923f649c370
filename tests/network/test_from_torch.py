"""What was trained with PyTorch comes home; what has no counterpart is named.

A refused module is a line in `STRANGE`: its layers, and what the message says.
"""

import numpy as np
import pytest
import torch
from torch import nn

from gossamer import from_torch
from gossamer.errors import DataError, SettingError
from gossamer.network.reference import logits_of


def conv(**options: object) -> nn.Conv2d:
    return nn.Conv2d(**({"in_channels": 1, "out_channels": 2, "kernel_size": 3, "padding": 1} | options))  # type: ignore[arg-type]


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
    assert np.abs(theirs - logits_of(ours, images)).max() < 1e-5


def block(
    depth: int, channels: int, kernel: int, activation: nn.Module | None = None, **options: object
) -> nn.Sequential:
    """A convolution with a norm, as PyTorch users write it."""
    convolution = conv(
        in_channels=depth, out_channels=channels, kernel_size=kernel, padding=kernel // 2, **options
    )
    norm = nn.BatchNorm2d(channels)
    return nn.Sequential(convolution, norm, activation or nn.Identity())


TODAY: dict[str, tuple[list[nn.Module], str]] = {
    "MobileNet's": (
        [
            block(1, 4, 3, nn.ReLU6(), stride=2),
            block(4, 4, 3, nn.ReLU6(), groups=4),
            block(4, 6, 1, nn.ReLU6()),
        ],
        "bn relu6 conv4s2 dw conv6k1",
    ),
    "separable": (
        [block(1, 4, 5, nn.ReLU()), block(4, 4, 3, groups=4), block(4, 6, 1, nn.ReLU())],
        "bn conv4k5 sep6",
    ),
    "inverted": (
        [
            block(1, 8, 1, nn.Hardswish(), bias=False),
            block(8, 8, 5, nn.Hardswish(), groups=8, stride=2, bias=False),
            block(8, 4, 1, bias=False),
            block(4, 4, 3, nn.Hardswish(), groups=4, bias=False),
            block(4, 6, 1, bias=False),
        ],
        "bn hswish inv4e8k5s2 inv6e1",
    ),
}


@pytest.mark.parametrize("case", TODAY)
def test_blocks_with_norms_come_with_their_statistics(case: str) -> None:
    layers, words = TODAY[case]
    elsewhere = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))
    for layer in elsewhere.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 1e-3  # as TensorFlow has it
    images = np.random.default_rng(0).integers(0, 256, (50, 9, 8, 1)).astype(np.uint8)
    scaled = torch.tensor(images).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        elsewhere.train()(scaled * 3)  # which moves the statistics
        theirs = elsewhere.eval()(scaled).numpy()
    ours = from_torch(elsewhere, (9, 8, 1))
    assert ours.network.words == f"{words} gap dense"
    assert np.abs(theirs - logits_of(ours, images)).max() < 1e-5


END = (nn.Flatten(), nn.Linear(2 * 64, 3))
STRANGE: dict[str, tuple[list[nn.Module], str]] = {
    "another layer": ([conv(), nn.ReLU(), nn.GELU(), *END], r"GELU\(.* has no counterpart"),
    "two strides": ([conv(stride=(2, 1)), nn.ReLU(), *END], r"stride=\(2, 1\).* has no counterpart"),
    "a stride of 5": ([conv(stride=5), nn.ReLU(), *END], r"stride=\(5, 5\).* has no counterpart"),
    "no padding": ([conv(padding=0), nn.ReLU(), *END], "has no counterpart"),
    "reflections": ([conv(padding_mode="reflect"), nn.ReLU(), *END], "has no counterpart"),
    "neither bias nor norm": ([conv(bias=False), nn.ReLU(), *END], "has no counterpart"),
    "an even kernel": ([conv(kernel_size=4), nn.ReLU(), *END], "has no counterpart"),
    "two groups": ([conv(in_channels=4, groups=2), nn.ReLU(), *END], "groups=2.* has no counterpart"),
    "a norm of its own batch": (
        [conv(), nn.BatchNorm2d(2, track_running_stats=False), nn.ReLU(), *END],
        "BatchNorm2d.* has no counterpart",
    ),
    "a norm on some": (
        [conv(), nn.ReLU(), conv(in_channels=2), nn.BatchNorm2d(2), nn.ReLU(), *END],
        r"ReLU\(\) cannot follow Conv2d.* all or none with BatchNorm2d",
    ),
    "a norm behind an activation": (
        [conv(), nn.ReLU(), nn.BatchNorm2d(2), *END],
        r"ReLU\(\) cannot follow Conv2d",
    ),
    "a norm first": ([nn.BatchNorm2d(1), conv(), *END], r"BatchNorm2d\(1.* cannot be first"),
    "two activations": (
        [conv(), nn.ReLU(), conv(in_channels=2), nn.Hardswish(), *END],
        "has relu and hswish; a network has one",
    ),
    "a pool of 3": ([conv(), nn.ReLU(), nn.MaxPool2d(3), *END], r"MaxPool2d\(kernel_size=3.* has no"),
    "a pool that rounds up": ([nn.MaxPool2d(2, ceil_mode=True), *END], "has no counterpart"),
    "an average of 3": ([conv(), nn.ReLU(), nn.AvgPool2d(3), *END], r"AvgPool2d\(kernel_size=3.* has no"),
    "an average that rounds up": ([nn.AvgPool2d(2, ceil_mode=True), *END], "has no counterpart"),
    "another divisor": ([nn.AvgPool2d(2, divisor_override=3), *END], "has no counterpart"),
    "an average before the ReLU": (
        [conv(), nn.AvgPool2d(2), nn.ReLU(), *END],
        "AvgPool2d.* cannot follow Conv2d",
    ),
    "a pool before the hard swish": (
        [conv(), nn.MaxPool2d(2), nn.Hardswish(), *END],
        "MaxPool2d.* cannot follow Conv2d",
    ),
    "no ReLU": ([conv(), *END], r"Linear.* cannot follow Conv2d"),
    "a mean before the ReLU": (
        [conv(), nn.AdaptiveAvgPool2d(1), nn.ReLU(), *END],
        "AdaptiveAvgPool2d.* cannot follow Conv2d",
    ),
    "two ReLUs": ([conv(), nn.ReLU(), nn.ReLU(), *END], r"ReLU\(\) cannot follow ReLU"),
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
    "images of other channels": (
        [conv(in_channels=2, groups=2), nn.ReLU(), *END],
        r"dw1.weight has the shape \(2, 1, 3, 3\), expected \(1, 1, 3, 3\) for images of",
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
