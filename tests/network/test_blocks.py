"""What words mean: nodes and their names, shapes, parameters and multiply-adds."""

import pytest

from gossamer.errors import SettingError
from gossamer.network import Architecture, Shape

SEP = "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense"
INV = "bn conv16 pool inv24e2k5 2*inv24e2k5+ pool inv36e2 inv36e2+ gap dense"
RESNET_8 = (
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense"
)
# TensorFlow pads strided convolutions on other sides; sizes and counts are the same
MOBILENET_V1 = (
    "bn conv8s2 dw conv16k1 dws2 conv32k1 dw conv32k1 dws2 conv64k1 dw conv64k1 dws2 conv128k1"
    " 5*(dw conv128k1) dws2 conv256k1 dw conv256k1 gap dense"
)
DS_CNN = "bn conv64k7s2 4*(dw conv64k1) gap dense"

NODES: dict[str, list[str]] = {
    "conv4": ["conv1 image", "conv1.relu conv1"],
    "conv2+": ["conv1 image", "conv1.add image conv1", "conv1.relu conv1.add"],
    "bn dw+": ["dw1 image", "dw1.norm dw1", "dw1.add image dw1.norm", "dw1.relu dw1.add"],
    "relu6 sep4": [
        "sep1.depthwise image",
        "sep1.pointwise sep1.depthwise",
        "sep1.relu6 sep1.pointwise",
    ],
    "bn hswish inv2e3+": [
        "inv1.expand image",
        "inv1.expand.norm inv1.expand",
        "inv1.expand.hswish inv1.expand.norm",
        "inv1.depthwise inv1.expand.hswish",
        "inv1.depthwise.norm inv1.depthwise",
        "inv1.depthwise.hswish inv1.depthwise.norm",
        "inv1.project inv1.depthwise.hswish",
        "inv1.project.norm inv1.project",
        "inv1.add image inv1.project.norm",
    ],
    "inv4e1": [
        "inv1.depthwise image",
        "inv1.depthwise.relu inv1.depthwise",
        "inv1.project inv1.depthwise.relu",
    ],
    "(2*conv2 |)": [  # only the last activation is removed
        "conv1 image",
        "conv1.relu conv1",
        "conv2 conv1.relu",
        "sum1 conv2 image",
        "sum1.relu sum1",
    ],
    "(pool dw | conv2s2)": ["pool1 image", "dw1 pool1", "conv1 image", "sum1 dw1 conv1", "sum1.relu sum1"],
    "pool avg gap": ["pool1 image", "avg1 pool1", "gap1 avg1"],
}


def parse(words: str, shape: Shape = (8, 8, 2), classes: int = 10) -> Architecture:
    return Architecture.parse(words, shape, classes)


@pytest.mark.parametrize("words", NODES)
def test_a_word_stands_for_nodes(words: str) -> None:
    *nodes, last = parse(f"{words} dense").graph.nodes
    assert [" ".join([node.name, *node.inputs]) for node in nodes] == NODES[words]
    assert (last.name, *last.inputs) == ("dense", nodes[-1].name)


@pytest.mark.parametrize(
    ("words", "shape", "classes", "trained", "deployed", "multiply_adds"),
    [
        (SEP, (28, 28, 1), 10, 20_270, 19_622, 2_989_444),
        (INV, (28, 28, 1), 10, 20_058, 19_402, 2_342_560),
        (RESNET_8, (32, 32, 3), 10, 78_042, 77_706, 12_501_632),  # MLPerf Tiny, image classification
        # 0.25 wide: 0.5 million parameters, 41 million multiply-adds (Howard et al. 2017, table 6)
        (MOBILENET_V1, (224, 224, 3), 1000, 470_072, 467_336, 41_030_272),
        (MOBILENET_V1, (96, 96, 1), 2, 213_442, 210_706, 7_157_888),  # for visual wake words
        (DS_CNN, (49, 10, 1), 12, 23_756, 23_180, 2_728_768),  # for keywords
    ],
)
def test_known_networks_have_their_counts(
    words: str, shape: Shape, classes: int, trained: int, deployed: int, multiply_adds: int
) -> None:
    network = parse(words, shape, classes)
    assert network.parameters == trained
    assert network.folded.parameters == deployed
    assert network.multiply_adds == network.folded.multiply_adds == multiply_adds


def test_a_unit_is_a_word_and_a_sum_of_branches_is_one() -> None:
    units = parse("conv4 (conv4s2 conv6 | sep6k1s2) dense", (9, 8, 1)).units
    assert [(unit.name, unit.word, unit.input_shape, unit.output_shape) for unit in units] == [
        ("conv1", "conv4", (9, 8, 1), (9, 8, 4)),
        ("conv2", "conv4s2", (9, 8, 4), (5, 4, 4)),
        ("conv3", "conv6", (5, 4, 4), (5, 4, 6)),
        ("sep1", "sep6k1s2", (9, 8, 4), (5, 4, 6)),
        ("sum1", "(|)", (5, 4, 6), (5, 4, 6)),
        ("dense", "dense", (5, 4, 6), (1, 1, 10)),
    ]


def test_under_bn_no_convolution_has_a_bias_and_without_it_each_has() -> None:
    words = "conv4 dw sep4 inv4 (conv4 conv4 |) dense"
    biases = [name for name in parse("bn " + words).weight_shapes if name.endswith("bias")]
    assert all("norm" in name for name in biases if name != "dense.bias")
    shapes = parse(words).weight_shapes
    assert {name for name in shapes if name.endswith("bias")} == {
        name.replace("weight", "bias") for name in shapes if name.endswith("weight")
    }


SHAPES: list[tuple[str, str]] = [
    ("conv4 conv5+", "word 2, 'conv5+', cannot add its input, 8x8x4, to its output, 8x8x5"),
    ("bn dws2+", "word 2, 'dws2+', cannot add its input, 8x8x2, to its output, 4x4x2"),
    ("pool (conv4 conv4 | conv3)", "word 2, 'conv4', begins branches that make 4x4x4 and 4x4x3: no sum"),
    ("((dw dw |) sep4 | conv4s2)", "word 1, 'dw', begins branches that make 8x8x4 and 4x4x4: no sum"),
    ("conv300 inv4e16", "word 2, 'inv4e16', expands 300 channels 16 times; expected at most 4096"),
    (
        "3*pool avg",
        "word 2, 'avg', would leave nothing of 1x1x2; use fewer pools and strides or larger images",
    ),
]


@pytest.mark.parametrize(("words", "fault"), SHAPES)
def test_maps_that_do_not_fit_are_refused_by_the_words_place(words: str, fault: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse(f"{words} dense")
    assert str(caught.value) == f"network {words + ' dense'!r}: {fault}"
