"""Networks of today's blocks answer alike in every export: strides, branches, odd sizes, folded norms."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gossamer.export import Wanted
from gossamer.export.c_source import c_source
from gossamer.export.compiled import run_compiled
from gossamer.export.onnx import metadata, onnx_graph, run_onnx
from gossamer.export.onnx_int8 import onnx_int8_graph
from gossamer.export.quantized import LOGIT_BITS, Scale, quantize
from gossamer.export.torch import module_source, state_dict, torch_answers, torch_files
from gossamer.network import Model
from gossamer.network.memory import buffer_bytes, integer_constant_bytes
from gossamer.network.ops import Norm
from gossamer.network.reference import logits_of
from tests.export.conftest import make_wanted

SHAPE = (13, 11, 3)
NETWORKS = (
    "bn conv6 sep9s2 pool sep9+ gap dense",
    "bn hswish conv5k5s2 dw inv6e2 inv6e2k5+ avg (conv8s2 conv8 | conv8k1s2) gap dense",
    "bn relu6 conv4s3 ((dw conv6 | conv6k7) sep6 | conv6) 2*conv6+ dense",
    "relu6 dws2 conv7k1 (conv7 conv7 |) pool dense",
    "hswish conv4 pool conv4+ inv4e1+ dwk5s4 dense",
)


@pytest.fixture(params=NETWORKS)
def wanted(request: pytest.FixtureRequest) -> Wanted:
    return make_wanted(request.param, SHAPE, 3.0, 250.0)


def images_of(wanted: Wanted) -> NDArray[np.uint8]:
    return wanted.images.train.images


def by_module_source(model: Model, images: NDArray[np.uint8]) -> NDArray[Any]:
    scope: dict[str, Any] = {"nn": torch.nn, "functional": torch.nn.functional}
    exec(module_source(model), scope)  # noqa: S102 - what a user would run
    scope["network"].load_state_dict({k: torch.tensor(v) for k, v in state_dict(model).items()})
    low, high = model.scaling.minimum, model.scaling.maximum
    with torch.inference_mode():
        found = scope["network"]((torch.tensor(images).permute(0, 3, 1, 2).float() - low) / (high - low))
    return np.asarray(found)


def by_module(model: Model, images: NDArray[np.uint8]) -> NDArray[Any]:
    with torch.inference_mode():
        return np.asarray(model.to_torch().eval()(torch.tensor(images).permute(0, 3, 1, 2)))


FLOATS = {
    "ONNX": lambda model, images: run_onnx(onnx_graph(model).SerializeToString(), images),
    "C": lambda model, images: run_compiled(c_source(model), images)[0],
    "PyTorch's source": by_module_source,
    "PyTorch's weights": lambda model, images: torch_answers(
        model, torch_files(model)["model.safetensors"], images
    ),
    "torch module": by_module,
}


@pytest.mark.parametrize("export", FLOATS)
def test_floats_keep_the_answers(wanted: Wanted, export: str) -> None:
    images = images_of(wanted)
    found = FLOATS[export](wanted.model, images)
    assert np.allclose(found, logits_of(wanted.model, images), rtol=1e-4, atol=1e-4)


def test_integers_in_c_are_those_in_numpy_and_near_the_floats(wanted: Wanted) -> None:
    images = images_of(wanted)
    quantized = quantize(wanted.model, images)
    source = c_source(wanted.model, "tiny", quantized)
    found, _ = run_compiled(source, images)
    assert np.array_equal(found, quantized.logits(images))
    expected = logits_of(wanted.model, images)
    assert root_mean_square(found / 2.0**LOGIT_BITS - expected) < 0.15 * expected.std()


def test_onnx_in_integers_is_what_numpy_computes(wanted: Wanted) -> None:
    """But for roundings of its scales in floats, each of which may move a number by one."""
    images = images_of(wanted)
    quantized = quantize(wanted.model, images)
    graph = onnx_int8_graph(wanted.model, quantized)
    found = run_onnx(graph.SerializeToString(), images)
    exact = quantized.logits(images) / 2.0**LOGIT_BITS
    expected = logits_of(wanted.model, images)
    assert root_mean_square(found - exact) < 0.1 * root_mean_square(exact - expected)
    operators = [node.op_type for node in graph.graph.node]
    assert operators.count("Conv") == len(
        [node for node in wanted.model.folded.network.graph.nodes if len(node.arrays) == 2][:-1]
    )
    assert not {"Relu", "Clip"} & set(operators)  # which the integers' ranges do


def root_mean_square(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.square(values).mean()))


def test_the_c_source_takes_the_memory_that_is_planned(wanted: Wanted) -> None:
    planned = buffer_bytes(wanted.model.folded.network.graph)
    for quantized, size in ((quantize(wanted.model, images_of(wanted)), 1), (None, 4)):
        source = c_source(wanted.model, "tiny", quantized)
        said = dict(re.findall(r"^#define TINY_(\w+) (\d+)$", source.header, re.MULTILINE))
        assert int(said["BUFFER"]) == planned
        assert int(said["BUFFER_BYTES"]) == source.buffer_bytes == size * planned
        assert int(said["CONSTANT_BYTES"]) == source.weight_bytes
        assert int(said["MULTIPLY_ADDS"]) == wanted.model.network.multiply_adds
        if quantized:
            deployed = wanted.model.folded.network.graph
            assert source.weight_bytes == integer_constant_bytes(deployed)


def test_an_export_names_the_trained_model(wanted: Wanted) -> None:
    model = wanted.model
    assert metadata(model)["model_hash"] == model.hash
    assert model.hash in c_source(model).header
    assert model.network.words in c_source(model).header
    assert not any(isinstance(node.op, Norm) for node in model.folded.network.graph.nodes)


def test_every_channel_of_a_depthwise_convolution_has_its_scale() -> None:
    """A gain a thousand times another one's costs neither channel its precision."""
    wanted = make_wanted("bn dw gap dense", (8, 8, 2))
    wanted.model.weights["dw1.norm.weight"][:] = 1e-3, 1.0
    wanted.model.weights["dense.weight"][:, 0] *= 1e3
    multipliers = quantize(wanted.model, images_of(wanted)).nodes[0].constants
    factors = multipliers["multiplier"] / 2.0 ** multipliers["shift"]
    assert 100 < factors[1] / factors[0] < 10_000
    assert np.abs(multipliers["weight"]).max(axis=(1, 2, 3)).tolist() == [127, 127]


@pytest.mark.parametrize("words", ["bn conv4 conv4 gap dense", "bn hswish dw conv4 gap dense"])
def test_channels_that_training_has_switched_off_do_not_stop_the_export(words: str) -> None:
    """Weights of 0 with and without a bias, and a value that is 0 for every image."""
    wanted = make_wanted(words, (8, 8, 3))
    for name, array in wanted.model.weights.items():
        if name.endswith("norm.weight"):
            array[:2] = 0.0, 1e-30
        if name.endswith("norm.bias"):
            array[:] = -1.0
            array[:2] = 0.5, 0.0
    images = images_of(wanted)
    quantized = quantize(wanted.model, images)
    found, _ = run_compiled(c_source(wanted.model, "tiny", quantized), images)
    assert np.array_equal(found, quantized.logits(images))
    expected = logits_of(wanted.model, images)
    assert np.abs(found / 2.0**LOGIT_BITS - expected).max() < 0.03 * np.abs(expected).max()


@pytest.mark.parametrize("words", ["bn relu6 conv6 conv6 gap dense", "bn relu6 conv6 conv6+ gap dense"])
def test_six_is_the_highest_value_however_large_the_weights(words: str) -> None:
    """A number of an output is worth some sums, so that large weights widen its range beyond 6."""
    wanted = make_wanted(words, (8, 8, 1))
    for name, array in wanted.model.weights.items():
        if "conv" in name and name.endswith("norm.weight"):
            np.multiply(array, 300.0, out=array)
    images = images_of(wanted)
    quantized = quantize(wanted.model, images)
    highest = [float(each.output.numbers(6)) for each in quantized.nodes if "relu6" in each.node.name]
    assert min(highest) < 255
    found, _ = run_compiled(c_source(wanted.model, "tiny", quantized), images)
    assert np.array_equal(found, quantized.logits(images))


def test_a_scale_finds_the_nearest_number() -> None:
    scale = Scale.over((-1.0, 1.55))
    assert scale.zero == 100
    assert scale.numbers([-2.0, -1.0, 0.0, 0.006, 1.55, 9.0]).tolist() == [0, 0, 100, 101, 255, 255]
    assert Scale.over((0.0, 0.0)).numbers(0) == 0
