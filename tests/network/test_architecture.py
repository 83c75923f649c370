"""A network as data: its words, shapes and counts are those of Eq. (1) and (2), and of PyTorch."""

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from gossamer.errors import SettingError
from gossamer.network import IMAGE, Architecture, Shape, initial_weights
from gossamer.network.torch_module import MODULES, network_module
from tests.random_networks import architectures

REPORT = "conv16 pool conv32 pool dense"


def test_the_reports_network_has_the_reports_shapes_and_parameters() -> None:
    network = Architecture.parse(REPORT, (28, 28, 1), 10)
    assert [(unit.name, unit.output_shape, unit.parameters) for unit in network.units] == [
        ("conv1", (28, 28, 16), 160),
        ("pool1", (14, 14, 16), 0),
        ("conv2", (14, 14, 32), 4_640),
        ("pool2", (7, 7, 32), 0),
        ("dense", (1, 1, 10), 15_690),
    ]
    assert network.parameters == 20_490
    # 28*28*16*9 + 14*14*32*9*16 + 10*1568
    assert network.multiply_adds == 112_896 + 903_168 + 15_680


@given(network=architectures())
def test_words_and_network_say_the_same(network: Architecture) -> None:
    again = Architecture.parse(network.words, network.input_shape, network.classes)
    assert (again, again.graph) == (network, network.graph)


@settings(max_examples=50)
@given(network=architectures())
def test_shapes_and_parameters_are_those_of_torch(network: Architecture) -> None:
    """PyTorch's own modules are the reference, node by node, odd sizes included."""
    module = network_module(network, initial_weights(network, "0" * 32))
    assert network.parameters == sum(parameter.numel() for parameter in module.parameters())
    height, width, channels = network.input_shape
    values = {IMAGE: torch.zeros(2, channels, height, width)}
    for node in network.graph.nodes:
        layer, *more = (each.to_empty(device="cpu") for each in MODULES[type(node.op)](node.op, node))
        values[node.name] = nn.Sequential(*more)(layer(*(values[name] for name in node.inputs)))
        _, channels, height, width = (*values[node.name].shape, 1, 1)[:4]
        assert node.shape == (height, width, channels), node.name


def test_units_follow_one_another_where_there_are_no_branches() -> None:
    network = Architecture.parse("conv2k5 pool sep3 avg inv4s2 gap dense", (13, 7, 2), 4)
    joints = [network.input_shape, *(unit.output_shape for unit in network.units)]
    assert [unit.input_shape for unit in network.units] == joints[:-1]
    assert len({unit.name for unit in network.units}) == len(network.units)


REFUSED: list[tuple[str, Shape, int, str]] = [
    ("dense", (0, 8, 1), 10, "an input of 0x8x1 is empty; expected HxWxC, such as 28x28x1"),
    ("dense", (8, 8, 1), 1, "a classifier needs at least 2 classes; got 1"),
]


@pytest.mark.parametrize(("words", "shape", "classes", "line"), REFUSED)
def test_no_image_and_one_class_are_refused(words: str, shape: Shape, classes: int, line: str) -> None:
    with pytest.raises(SettingError) as caught:
        Architecture.parse(words, shape, classes)
    assert str(caught.value) == line
