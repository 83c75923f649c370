"""The native engine: the C++ core in `native/`, which runs a whole epoch without the interpreter's lock."""

import os
import platform
from math import prod

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import _native
from gossamer.engine.base import Engine, Score, TrainingState
from gossamer.errors import EngineError
from gossamer.network import (
    Architecture,
    Convolution,
    Dense,
    GlobalAveragePool,
    Layer,
    MaxPool,
    Scaling,
    Weights,
)

NUMERICS = 1
"""Raised by every change to the core that changes the bits of a result."""

KERNELS_VARIABLE = "GOSSAMER_KERNELS"
"""The environment variable that names the kernels to use instead of the machine's fastest, for tests."""

RUN_AT_ONCE = 1 << 20
"""How many bytes of images a runner hands to the core in one call; one image at the least."""

MAX_MAP = 1 << 24
"""The most values of a layer's output: a thread keeps those of several images at once."""


class NativeEngine(Engine):
    """The C++ core behind the engine protocol."""

    name = "native"
    device = "cpu"

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
        for place, stage in enumerate(network.stages, 1):
            height, width, channels = stage.output_shape
            if height * width * channels > MAX_MAP:
                raise EngineError(
                    f"the native engine cannot run word {place}, {stage.layer.word!r}: its output of"
                    f" {height}x{width}x{channels} has more than {MAX_MAP:,} values; use --engine torch"
                )

    def trainer(
        self,
        network: Architecture,
        scaling: Scaling,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        state: TrainingState,
        *,
        learning_rate: float,
        batch_size: int,
        threads: int = 1,
    ) -> "NativeTrainer":
        """A trainer that goes on from `state`; the images are shared, not copied."""
        self.check(network)
        core = _native.Trainer(
            self._kernels,
            words(network),
            np.ascontiguousarray(images),
            np.ascontiguousarray(labels),
            (scaling.minimum, scaling.maximum),
            learning_rate,
            batch_size,
            threads,
        )
        trainer = NativeTrainer(core, network)
        trainer.go_on_from(state)
        return trainer

    def runner(
        self, network: Architecture, weights: Weights, scaling: Scaling, *, threads: int = 1
    ) -> "NativeRunner":
        """What answers images by these weights."""
        self.check(network)
        at_once = max(1, RUN_AT_ONCE // prod(network.input_shape))
        images = np.zeros((at_once, *network.input_shape), np.uint8)
        labels = np.zeros(at_once, np.int64)
        state = TrainingState.start(weights)
        return NativeRunner(
            images,
            self.trainer(
                network, scaling, images, labels, state, learning_rate=1.0, batch_size=1, threads=threads
            ),
        )


class NativeRunner:
    """One network that answers; see `gossamer.engine.base.Runner`."""

    def __init__(self, images: NDArray[np.uint8], trainer: "NativeTrainer") -> None:
        """`trainer` is one over `images`, which those to be answered are laid into."""
        self._images, self._trainer = images, trainer
        self._rows = np.arange(len(images))

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits (N, classes) of `images` (N, H, W, C)."""
        if images.shape[1:] != self._images.shape[1:]:
            raise ValueError(f"images of {images.shape[1:]}, expected {self._images.shape[1:]}")
        parts = []
        at_once = len(self._images)
        for start in range(0, len(images), at_once):
            part = images[start : start + at_once]
            self._images[: len(part)] = part
            parts.append(self._trainer.logits(self._rows[: len(part)]))
        return np.concatenate(parts)


class NativeTrainer:
    """One network in training; see `gossamer.engine.base.Trainer`."""

    def __init__(self, core: "_native.Trainer", network: Architecture) -> None:
        self._core, self._shapes, self._classes = core, network.weight_shapes, network.classes

    def train_epoch(self, order: NDArray[np.int64]) -> Score:
        """Train once on the rows `order`."""
        return Score(*self._core.train_epoch(np.ascontiguousarray(order)))

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The present weights' score on `rows`."""
        confusion = np.empty((self._classes, self._classes), np.int64)
        return Score(*self._core.evaluate(np.ascontiguousarray(rows), confusion), confusion)

    def logits(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The present weights' logits of `rows`."""
        out = np.empty((len(rows), self._classes), np.float32)
        self._core.logits(np.ascontiguousarray(rows), out)
        return out

    def go_on_from(self, state: TrainingState) -> None:
        """Take `state` on."""
        weights, first, second = (
            [np.ascontiguousarray(group[name], np.float32).reshape(-1) for name in self._shapes]
            for group in (state.weights, state.first_moment, state.second_moment)
        )
        self._core.set_state(weights, first, second, state.step)

    def state(self) -> TrainingState:
        """A copy of the present state."""
        weights, first, second = (
            {name: np.empty(shape, np.float32) for name, shape in self._shapes.items()} for _ in range(3)
        )
        # a view of one dimension shares the memory that the core fills
        flat = [[array.reshape(-1) for array in group.values()] for group in (weights, first, second)]
        step = self._core.get_state(flat[0], flat[1], flat[2])
        return TrainingState(weights, first, second, step)


def words(network: Architecture) -> list[tuple[str, int, int]]:
    """A network's layers as the core takes them."""
    return [_words(stage.layer) for stage in network.stages]


def _words(layer: Layer) -> tuple[str, int, int]:
    """A layer as the core takes it: its kind, its channels or classes, its kernel."""
    match layer:
        case Convolution(channels=channels, kernel=kernel):
            return "conv", channels, kernel
        case MaxPool():
            return "pool", 0, 0
        case GlobalAveragePool():
            return "gap", 0, 0
        case Dense(classes=classes):
            return "dense", classes, 0
