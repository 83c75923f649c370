"""Networks as words: what they mean by Eq. (1) and (2), and what is refused.

A refused network is a line in `REFUSED`: its words, input shape and number of classes, and the message.
"""

from math import prod

import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gossamer.errors import SettingError
from gossamer.network import Architecture, Shape, initial_weights
from gossamer.network.torch_module import network_module

REPORT = "conv16 pool conv32 pool dense"


@st.composite
def networks(draw: st.DrawFn) -> Architecture:
    """Any network that makes sense: odd sizes, every kernel, pools and averages anywhere."""
    shape: Shape = draw(st.tuples(st.integers(1, 13), st.integers(1, 13), st.integers(1, 3)))
    convolutions = st.builds("conv{}k{}".format, st.integers(1, 5), st.sampled_from([1, 3, 5, 7]))
    short = st.builds("conv{}".format, st.integers(1, 5))
    words = draw(st.lists(convolutions | short | st.sampled_from(["pool", "avg", "gap"]), max_size=5))
    try:
        return Architecture.parse(" ".join([*words, "dense"]), shape, draw(st.integers(2, 6)))
    except SettingError as error:
        assume("would leave nothing" not in str(error))
        raise


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


@given(network=networks())
def test_words_and_network_say_the_same(network: Architecture) -> None:
    again = Architecture.parse(network.words, network.input_shape, network.classes)
    assert again == network
    assert again.words == network.words


@pytest.mark.parametrize(
    ("written", "kept"),
    [("conv16k3 dense", "conv16 dense"), ("  conv4k5\n pool\tdense ", "conv4k5 pool dense")],
)
def test_a_network_is_spelled_one_way(written: str, kept: str) -> None:
    assert Architecture.parse(written, (8, 8, 1), 10).words == kept


@settings(max_examples=50)
@example(network=Architecture.parse("conv2k5 pool conv3 pool dense", (13, 7, 2), 4))  # odd, and odd again
@given(network=networks())
def test_shapes_and_parameters_are_those_of_torch(network: Architecture) -> None:
    """PyTorch's own modules are the reference, word by word, odd sizes included."""
    module = network_module(network.graph, initial_weights(network, "0" * 32))
    assert network.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert network.parameters == sum(prod(shape) for shape in network.weight_shapes.values())
    height, width, channels = network.input_shape
    values, shapes = torch.zeros(1, channels, height, width), []
    for layer in module.children():
        values = layer(values)
        if not isinstance(layer, torch.nn.ReLU | torch.nn.Flatten):
            _, channels, height, width = (*values.shape, 1, 1)[:4]
            shapes.append((height, width, channels))
    assert [unit.output_shape for unit in network.units] == shapes
    joints = [network.input_shape, *(unit.output_shape for unit in network.units)]
    assert [unit.input_shape for unit in network.units] == joints[:-1]
    assert len({unit.name for unit in network.units}) == len(network.units)


KNOWN = "Known words: convC, convCkK (K one of 1, 3, 5, 7), pool, avg, gap, dense"
REFUSED: list[tuple[str, Shape, int, str]] = [
    ("", (8, 8, 1), 10, "a network has 1 to 64 words; got 0 in ''"),
    (
        "pool " * 64 + "dense",
        (8, 8, 1),
        10,
        f"a network has 1 to 64 words; got 65 in {('pool ' * 16)!r}",
    ),
    (
        "conv16 pol dense",
        (8, 8, 1),
        10,
        f"network 'conv16 pol dense': word 2, 'pol', is unknown; did you mean 'pool'? {KNOWN}",
    ),
    (
        "cnv16 dense",
        (8, 8, 1),
        10,
        f"network 'cnv16 dense': word 1, 'cnv16', is unknown; did you mean 'conv16'? {KNOWN}",
    ),
    ("lstm dense", (8, 8, 1), 10, f"network 'lstm dense': word 1, 'lstm', is unknown. {KNOWN}"),
    (
        "conv0 dense",
        (8, 8, 1),
        10,
        f"network 'conv0 dense': word 1, 'conv0', is unknown; did you mean 'conv16'? {KNOWN}",
    ),
    (
        "conv16k4 dense",
        (8, 8, 1),
        10,
        "network 'conv16k4 dense': word 1, 'conv16k4', has kernel 4; expected one of 1, 3, 5, 7",
    ),
    (
        "conv4097 dense",
        (8, 8, 1),
        10,
        "network 'conv4097 dense': word 1, 'conv4097', has 4097 channels; expected at most 4096",
    ),
    (
        "dense pool",
        (8, 8, 1),
        10,
        "network 'dense pool': word 1 is 'dense'; only the last word may be 'dense'",
    ),
    ("conv4 pool", (8, 8, 1), 10, "network 'conv4 pool': word 2 is 'pool'; the last word must be 'dense'"),
    (
        "pool pool dense",
        (3, 8, 1),
        10,
        "network 'pool pool dense': word 2, 'pool', would leave nothing of 1x4x1;"
        " use fewer pools or larger images",
    ),
    ("dense", (0, 8, 1), 10, "an input of 0x8x1 is empty; expected HxWxC, such as 28x28x1"),
    ("dense", (8, 8, 1), 1, "a classifier needs at least 2 classes; got 1"),
]


@pytest.mark.parametrize(("words", "shape", "classes", "line"), REFUSED)
def test_bad_words_are_refused_in_one_line(words: str, shape: Shape, classes: int, line: str) -> None:
    with pytest.raises(SettingError) as caught:
        Architecture.parse(words, shape, classes)
    assert str(caught.value) == line


@given(words=st.text() | st.lists(st.sampled_from(["conv", "16", "k", "³", "dense", " "])).map("".join))
def test_no_text_breaks_the_parser(words: str) -> None:
    try:
        network = Architecture.parse(words, (8, 8, 1), 10)
    except SettingError as error:
        assert "\n" not in str(error)  # noqa: PT017 - the error is one of two right answers
    else:
        assert network.words.split()[-1] == "dense"
