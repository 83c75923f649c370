"""Every backend runs every op, as NumPy does: an op that is missing from a table fails here.

To add an op, give it a graph in `GRAPHS`.
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.engine import TrainingState, _native, open_engine
from gossamer.engine.native import CORE_OPS, KERNELS_VARIABLE
from gossamer.export.c_source import CALLS, c_source
from gossamer.export.compiled import run_compiled
from gossamer.export.onnx import OPERATORS, onnx_graph, run_onnx
from gossamer.export.quantized import LOGIT_BITS, OPERATIONS, quantize
from gossamer.export.torch import SOURCES, module_source, state_dict
from gossamer.network import (
    DEPLOYED_OPS,
    IMAGE,
    OPS,
    Architecture,
    Graph,
    Model,
    Op,
    Scaling,
    initial_weights,
    ops,
)
from gossamer.network.reference import FUNCTIONS, logits_of
from gossamer.network.torch_module import MODULES
from gossamer.report.network_figure import SAID, blocks
from gossamer.web.network import PAGE_OPS, page_network
from tests.browser import opened_browser
from tests.constant_rate import trainer_at

CLASSES = 3
SHAPE = (7, 6, 2)

Nodes = list[tuple[str, Op, tuple[str, ...]]]

GRAPHS: dict[type[Op], Nodes] = {
    ops.Convolution: [
        ("conv1", ops.Convolution(5, 3), (IMAGE,)),
        ("conv2", ops.Convolution(4, 5), ("conv1",)),  # without an activation in between
        ("dense", ops.Dense(CLASSES), ("conv2",)),
    ],
    ops.DepthwiseConvolution: [  # on the image, strided, large; beside them strided convolutions
        ("dw1", ops.DepthwiseConvolution(3), (IMAGE,)),
        ("dw2", ops.DepthwiseConvolution(5, 2), ("dw1",)),
        ("conv1", ops.Convolution(18, 3, 2), (IMAGE,)),
        ("conv2", ops.Convolution(18, 1), ("dw2",)),
        ("add1", ops.Add(), ("conv1", "conv2")),
        ("dw3", ops.DepthwiseConvolution(7), ("add1",)),
        ("conv3", ops.Convolution(3, 1, 3), ("dw3",)),
        ("dense", ops.Dense(CLASSES), ("conv3",)),
    ],
    ops.Norm: [  # behind either kind of convolution, read by several, and on one pixel
        ("conv1", ops.Convolution(5, 3, bias=False), (IMAGE,)),
        ("norm1", ops.Norm(), ("conv1",)),
        ("dw1", ops.DepthwiseConvolution(3, bias=False), ("norm1",)),
        ("norm2", ops.Norm(), ("dw1",)),
        ("relu1", ops.Relu(), ("norm2",)),
        ("add1", ops.Add(), ("norm1", "relu1")),
        ("gap1", ops.Mean(), ("add1",)),
        ("conv2", ops.Convolution(4, 1, bias=False), ("gap1",)),
        ("norm3", ops.Norm(), ("conv2",)),
        ("dense", ops.Dense(CLASSES), ("norm3",)),
    ],
    ops.Relu6: [
        ("conv1", ops.Convolution(5, 3), (IMAGE,)),
        ("act1", ops.Relu6(), ("conv1",)),
        ("add1", ops.Add(), ("act1", "act1")),
        ("act2", ops.Relu6(), ("add1",)),
        ("dense", ops.Dense(CLASSES), ("act2",)),
    ],
    ops.HardSwish: [
        ("conv1", ops.Convolution(5, 3), (IMAGE,)),
        ("act1", ops.HardSwish(), ("conv1",)),
        ("pool1", ops.MaxPool(), ("act1",)),  # which does not commute with it
        ("dense", ops.Dense(CLASSES), ("pool1",)),
    ],
    ops.Relu: [
        ("conv1", ops.Convolution(5, 3), (IMAGE,)),
        ("relu1", ops.Relu(), ("conv1",)),
        ("conv2", ops.Convolution(4, 1), ("relu1",)),
        ("add1", ops.Add(), ("conv2", "conv2")),  # what the ReLU behind it clips is not a convolution's
        ("relu2", ops.Relu(), ("add1",)),
        ("dense", ops.Dense(CLASSES), ("relu2",)),
    ],
    ops.MaxPool: [("pool1", ops.MaxPool(), (IMAGE,)), ("dense", ops.Dense(CLASSES), ("pool1",))],
    ops.AveragePool: [  # of the image, and of negative numbers between two borders
        ("avg1", ops.AveragePool(), (IMAGE,)),
        ("conv1", ops.Convolution(5, 3), ("avg1",)),
        ("avg2", ops.AveragePool(), ("conv1",)),
        ("conv2", ops.Convolution(4, 3), ("avg2",)),
        ("dense", ops.Dense(CLASSES), ("conv2",)),
    ],
    ops.Mean: [
        ("conv1", ops.Convolution(5, 3), (IMAGE,)),
        ("gap1", ops.Mean(), ("conv1",)),
        ("conv2", ops.Convolution(4, 3), ("gap1",)),  # which needs a border around one pixel
        ("dense", ops.Dense(CLASSES), ("conv2",)),
    ],
    ops.Add: [  # two branches of different borders, a value with three readers, and a negative one
        ("conv1", ops.Convolution(4, 1), (IMAGE,)),
        ("relu1", ops.Relu(), ("conv1",)),
        ("conv2", ops.Convolution(4, 3), ("relu1",)),
        ("conv3", ops.Convolution(4, 5), ("relu1",)),
        ("add1", ops.Add(), ("conv2", "conv3")),
        ("add2", ops.Add(), ("relu1", "add1")),
        ("pool1", ops.MaxPool(), ("add2",)),
        ("dense", ops.Dense(CLASSES), ("pool1",)),
    ],
    ops.Dense: [("dense", ops.Dense(CLASSES), (IMAGE,))],
}


def model_of(op: type[Op]) -> Model:
    """An untrained model of the op's graph, its biases not zero, where the pixel 20 stands for 0."""
    graph = Graph.of(SHAPE, GRAPHS[op])
    words = " ".join(dict.fromkeys(node.unit for node in graph.nodes))
    network = Architecture(words, SHAPE, CLASSES, graph, {node.unit: node.unit for node in graph.nodes})
    random = np.random.default_rng(0)
    weights = {
        name: array + (random.normal(0, 0.1, array.shape).astype(np.float32) if array.ndim == 1 else 0)
        for name, array in initial_weights(network, "0" * 32).items()
    }
    return Model(network, weights, Scaling(20.0, 240.0), tuple("abc"), {})


IMAGES = np.random.default_rng(1).integers(0, 256, (40, *SHAPE)).astype(np.uint8)
LABELS = np.arange(len(IMAGES)) % CLASSES


def by_native(model: Model) -> NDArray[Any]:
    return open_engine("native").logits(model.network, model.weights, model.scaling, IMAGES, threads=2)


def by_torch(model: Model) -> NDArray[Any]:
    return open_engine("torch", "cpu").logits(model.network, model.weights, model.scaling, IMAGES)


def by_onnx(model: Model) -> NDArray[Any]:
    return run_onnx(onnx_graph(model).SerializeToString(), IMAGES)


def by_c(model: Model) -> NDArray[Any]:
    return run_compiled(c_source(model), IMAGES)[0]


def by_module_source(model: Model) -> NDArray[Any]:
    import torch

    scope: dict[str, Any] = {"nn": torch.nn, "functional": torch.nn.functional}
    exec(module_source(model), scope)  # noqa: S102 - what a user would run
    scope["network"].load_state_dict({k: torch.tensor(v) for k, v in state_dict(model).items()})
    low, high = model.scaling.minimum, model.scaling.maximum
    scaled = (torch.tensor(IMAGES).permute(0, 3, 1, 2).float() - low) / (high - low)
    with torch.inference_mode():
        return np.asarray(scope["network"](scaled))


def by_page(model: Model) -> NDArray[Any]:
    source = (files("gossamer.web") / "templates" / "network.js").read_text()
    script = """([source, network, images]) => {
        const opened = new Function(`${source}; return openNetwork;`)()(network);
        return images.map((image) => opened.answer(image).logits);
    }"""
    with opened_browser() as browser:
        pixels = IMAGES.reshape(len(IMAGES), -1).tolist()
        return np.array(browser.new_page().evaluate(script, [source, page_network(model), pixels]))


ENGINES: dict[str, tuple[Mapping[type[Op], Any], Callable[[Model], NDArray[Any]]]] = {
    "native": (CORE_OPS, by_native),
    "torch": (MODULES, by_torch),
}
EXPORTS: dict[str, tuple[Mapping[type[Op], Any], Callable[[Model], NDArray[Any]]]] = {
    "ONNX": (OPERATORS, by_onnx),
    "C": (CALLS, by_c),
    "PyTorch's source": (SOURCES, by_module_source),
    "the page": (PAGE_OPS, by_page),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("op", OPS)
def test_an_engine_runs_every_op_as_numpy_does(engine: str, op: type[Op]) -> None:
    table, run = ENGINES[engine]
    assert set(table) == set(FUNCTIONS) == set(OPS) == set(GRAPHS)
    model = model_of(op)
    assert any(isinstance(node.op, op) for node in model.network.graph.nodes)
    assert np.allclose(run(model), logits_of(model, IMAGES), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_runs_every_op_as_numpy_does(export: str) -> None:
    table, run = EXPORTS[export]
    assert set(table) == set(DEPLOYED_OPS)
    for op in OPS:
        model = model_of(op)
        assert np.allclose(run(model.folded), logits_of(model, IMAGES), rtol=1e-5, atol=1e-5), op.name


@pytest.mark.parametrize("kernels", _native.runnable())
def test_every_instruction_set_runs_every_op(kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KERNELS_VARIABLE, kernels)
    for op in OPS:
        model = model_of(op)
        assert np.allclose(by_native(model), logits_of(model, IMAGES), rtol=1e-5, atol=1e-5), op.name


@pytest.mark.parametrize("op", OPS)
def test_both_engines_train_every_op_alike(op: type[Op]) -> None:
    model = model_of(op)
    states = []
    for name in ("native", "torch"):
        state = TrainingState.start(model.network, model.weights)
        trainer = trainer_at(
            open_engine(name, "cpu"),
            model.network,
            model.scaling,
            IMAGES,
            LABELS,
            state,
            learning_rate=0.01,
            batch_size=16,
        )
        trainer.train_epoch(np.arange(len(IMAGES)))
        states.append(trainer.state())
    ours, theirs = states
    for name in model.network.trained:
        assert np.allclose(
            ours.slots["first_moment"][name], theirs.slots["first_moment"][name], rtol=1e-4, atol=1e-6
        ), name
    for name in model.network.weight_shapes:
        assert np.allclose(ours.weights[name], theirs.weights[name], rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("op", OPS)
def test_c_in_integers_computes_what_numpy_does_and_nearly_what_floats_do(op: type[Op]) -> None:
    assert set(OPERATIONS) == set(DEPLOYED_OPS)
    model = model_of(op).folded
    quantized = quantize(model, IMAGES)
    found, _ = run_compiled(c_source(model, "tiny", quantized), IMAGES)
    assert np.array_equal(found, quantized.logits(IMAGES))
    exact = logits_of(model, IMAGES)
    assert np.abs(found / 2.0**LOGIT_BITS - exact).max() < 0.05 * np.abs(exact).max() + 0.03


def test_the_figure_says_what_every_op_does() -> None:
    assert set(SAID) == set(OPS)
    for op in OPS:
        for block in blocks(model_of(op).network):
            assert block.work
