"""The native engine: the C++ core in `native/`, which runs a whole epoch without the interpreter's lock."""

import os
import platform
from collections.abc import Callable
from dataclasses import astuple, replace
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import _native
from gossamer.engine.base import Engine, Score
from gossamer.engine.batches import Batches
from gossamer.engine.learning import ADAM, AVERAGE, Learning
from gossamer.engine.state import TrainingState
from gossamer.errors import EngineError
from gossamer.network import IMAGE, Architecture, Graph, Op, Scaling, Weights, fold_weights, ops
from gossamer.network.ops import by

Number = TypeVar("Number", bound=np.generic)

NUMERICS = 2
"""Raised by every change to the core that changes the bits of a result."""

KERNELS_VARIABLE = "GOSSAMER_KERNELS"
"""The environment variable that names the kernels to use instead of the machine's fastest, for tests."""

MAX_MAP = 1 << 24
"""The most numbers that a node may make of an image: a thread keeps those of several images at once."""


class NativeEngine(Engine):
    """The C++ core behind the engine protocol."""

    name = "native"
    device = "cpu"
    answers_alone = True

    def __init__(self) -> None:
        """Choose the fastest kernels that this machine runs, or those that the environment names.

        Raises:
            EngineError: the environment names kernels that cannot be run here.
        """
        runnable = _native.runnable()
        self._kernels = os.environ.get(KERNELS_VARIABLE) or runnable[0]
        if self._kernels not in runnable:
            raise EngineError(
                f"{KERNELS_VARIABLE}={self._kernels}: unknown here; there are {', '.join(runnable)}"
            )

    @property
    def numerics(self) -> str:
        """The core's version, the instruction set in use, the compiler, and the C library (exp and log)."""
        library = " ".join(platform.libc_ver()).strip() or platform.system()
        return f"native {NUMERICS}, {self._kernels}, {_native.compiler.strip()}, {library}"

    def check(self, network: Architecture) -> None:
        """See that the core runs `network`.

        Raises:
            EngineError: it does not.
        """
        for place, unit in enumerate(network.units, 1):
            for node in unit.nodes:
                if prod(node.shape) > MAX_MAP:
                    raise EngineError(
                        f"the native engine cannot run word {place}, {unit.word!r}: its output of"
                        f" {by(node.shape)} has more than {MAX_MAP:,} values; use --engine torch"
                    )

    def trainer(
        self,
        network: Architecture,
        scaling: Scaling,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        state: TrainingState,
        *,
        learning: Learning = ADAM,
        image_weights: NDArray[np.float32] | None = None,
        threads: int = 1,
    ) -> "NativeTrainer":
        """A trainer that goes on from `state`; the images are shared, not copied."""
        self.check(network)
        data = np.ascontiguousarray(images), np.ascontiguousarray(labels)
        nodes, folded = nodes_of(network.graph), nodes_of(network.folded.graph)
        weights, pixel_range = _contiguous(image_weights), (scaling.minimum, scaling.maximum)
        core = _native.Trainer(self._kernels, nodes, *data, weights, pixel_range, astuple(learning), threads)
        evaluator = _native.Evaluator(self._kernels, folded, *data, pixel_range, threads)
        trainer = NativeTrainer(core, evaluator, network, learning)
        trainer.go_on_from(state)
        return trainer

    def runner(
        self, network: Architecture, weights: Weights, scaling: Scaling, *, threads: int = 1
    ) -> "NativeRunner":
        """What answers images by these weights."""
        self.check(network)
        core = _native.Runner(
            self._kernels,
            nodes_of(network.folded.graph),
            network.input_shape,
            (scaling.minimum, scaling.maximum),
            _flat(fold_weights(network.graph, weights)),
            threads,
        )
        return NativeRunner(core, network)


def _check_memory(network: Architecture, batch_size: int) -> None:
    """See that a batch fits: every norm keeps what it reads of all its images, and their gradients.

    Raises:
        EngineError: it does not.
    """
    numbers = sum(prod(node.shape) for node in network.graph.nodes if isinstance(node.op, ops.Norm))
    needed, there = 2 * 4 * numbers * batch_size, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > there:
        raise EngineError(
            f"batches of {batch_size:,} images need {needed / 1e9:,.0f} GB under batch norm, and this machine"
            f" has {there / 1e9:,.0f}: use a smaller batch_size"
        )


class NativeRunner:
    """One network that answers; see `gossamer.engine.base.Runner`."""

    def __init__(self, core: "_native.Runner", network: Architecture) -> None:
        self._core, self._shape, self._classes = core, network.input_shape, network.classes

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits (N, classes) of `images` (N, H, W, C)."""
        if images.shape[1:] != self._shape:
            raise ValueError(f"images of {images.shape[1:]}, expected {self._shape}")
        out = np.empty((len(images), self._classes), np.float32)
        if len(images):
            self._core.logits(np.ascontiguousarray(images), out)
        return out


class NativeTrainer:
    """One network in training; see `gossamer.engine.base.Trainer`."""

    def __init__(
        self,
        core: "_native.Trainer",
        evaluator: "_native.Evaluator",
        network: Architecture,
        learning: Learning,
    ) -> None:
        self._core, self._evaluator, self._network, self._learning = core, evaluator, network, learning

    def train_epoch(self, batches: Batches) -> Score:
        """Train once on `batches`."""
        _check_memory(self._network, max(batches.sizes, default=0))
        order, rates = np.ascontiguousarray(batches.order), np.ascontiguousarray(batches.rates)
        views, teacher = _contiguous(batches.views), _contiguous(batches.teacher)
        return Score(*self._core.train_epoch(order, batches.sizes, rates, views, teacher))

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The kept weights' score on `rows`."""
        confusion = np.empty((self._network.classes, self._network.classes), np.int64)
        weights = _flat(fold_weights(self._network.graph, self.state().kept))
        return Score(*self._evaluator.evaluate(weights, np.ascontiguousarray(rows), confusion), confusion)

    def go_on_from(self, state: TrainingState) -> None:
        """Take `state` on."""
        self._core.set_state(self._groups(state), state.step)

    def state(self) -> TrainingState:
        """A copy of the present state."""
        shapes = self._network.weight_shapes
        weights = {name: np.empty(shape, np.float32) for name, shape in shapes.items()}
        state = TrainingState.start(self._network, weights, self._learning)
        return replace(state, step=self._core.get_state(self._groups(state)))

    def _groups(self, state: TrainingState) -> list[list[NDArray[np.float32]]]:
        """The arrays as the core takes them: weights and slots in turn, what is trained before statistics."""
        trained, statistics = self._network.trained, self._network.statistics
        parts = [(state.weights, trained), (state.weights, statistics)]
        for slot in self._learning.slots:
            parts.append((state.slots[slot], trained))
            if slot == AVERAGE:
                parts.append((state.slots[slot], statistics))
        return [_flat({name: arrays[name] for name in names}) for arrays, names in parts]


def _contiguous(array: NDArray[Number] | None) -> NDArray[Number] | None:
    return None if array is None else np.ascontiguousarray(array)


def _flat(arrays: Weights) -> list[NDArray[np.float32]]:
    """The arrays in one dimension each; those that are contiguous share their memory."""
    return [np.ascontiguousarray(array, np.float32).reshape(-1) for array in arrays.values()]


def _of_kernels(op: ops.Kernels) -> tuple[int, int, int, bool]:
    return getattr(op, "channels", 0), op.kernel, op.stride, op.bias


def _of_none(_: Op) -> tuple[int, int, int, bool]:
    return 0, 0, 1, True


CORE_OPS: dict[type[Op], Callable[[Any], tuple[int, int, int, bool]]] = {
    ops.Convolution: _of_kernels,
    ops.DepthwiseConvolution: _of_kernels,
    ops.Dense: lambda op: (op.classes, 0, 1, True),
    **dict.fromkeys(
        (ops.Norm, ops.Relu, ops.Relu6, ops.HardSwish, ops.MaxPool, ops.AveragePool, ops.Mean, ops.Add),
        _of_none,
    ),
}
"""What the core is told of an op beside its name: channels or classes, kernel, stride, bias."""


def nodes_of(graph: Graph) -> list[tuple[str, list[int], int, int, int, bool]]:
    """A graph as the core takes it: by node its op, the numbers of the values it reads, and its CORE_OPS."""
    numbers = {IMAGE: 0} | {node.name: number for number, node in enumerate(graph.nodes, 1)}
    return [
        (node.op.name, [numbers[name] for name in node.inputs], *CORE_OPS[type(node.op)](node.op))
        for node in graph.nodes
    ]
