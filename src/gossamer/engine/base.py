"""What an engine is: it trains and runs a network on arrays, and knows nothing of folds or files.

All engines start from the same weights, see the same batches in the same order and follow the same
mathematics (`gossamer.engine.learning`). They differ in speed and in rounding only.
"""

from dataclasses import dataclass, field
from math import nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer.engine.batches import Batches
from gossamer.engine.learning import ADAM, Learning
from gossamer.engine.state import TrainingState
from gossamer.network import Architecture, Scaling, Weights
from gossamer.reprs import Summarized


@dataclass(frozen=True, repr=False)
class Score(Summarized):
    """How a network did on some images: exact counts, and the mean cross entropy in nats.

    `confusion`, which evaluation alone counts, holds the images by true (row) and predicted class, int64
    (classes, classes); two scores are compared without it.
    """

    images: int
    correct: int
    loss: float
    confusion: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)

    @property
    def accuracy(self) -> float:
        """The share of images classified correctly, 0 to 1; NaN of none."""
        return self.correct / self.images if self.images else nan


class Trainer(Protocol):
    """One network in training on one set of images."""

    def train_epoch(self, batches: Batches) -> Score:
        """Train once on `batches`.

        The score is the running average of what is minimized and of the labels that are right: each image
        counts as it was when its batch came.
        """

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The kept weights' score on `rows`, with its confusion counts; the loss is plain cross entropy."""

    def state(self) -> TrainingState:
        """A copy of the present state."""


class Runner(Protocol):
    """One network that answers images, call after call, its weights set up once; for one thread at a time."""

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits (N, classes) of `images` (N, H, W, C)."""


class Engine(Protocol):
    """A way to compute: `gossamer.engine.open_engine` makes one by name."""

    name: str
    device: str
    answers_alone: bool
    """Whether an image's logits are the same bits whatever images come with it."""

    @property
    def numerics(self) -> str:
        """Names whatever changes the bits of a result: versions, instruction set, kind of device."""

    def check(self, network: Architecture) -> None:
        """See that the engine can run `network`.

        Raises:
            EngineError: it cannot.
        """

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
    ) -> Trainer:
        """A trainer that goes on from `state` on `images` (N, H, W, C) with `labels` (N,).

        `image_weights` (N,) multiply the images' shares of the loss; None: 1 each. It may use up to `threads`
        CPU threads, which changes no result.

        Raises:
            EngineError: the engine cannot run `network`.
        """

    def runner(
        self, network: Architecture, weights: Weights, scaling: Scaling, *, threads: int = 1
    ) -> Runner:
        """What answers images by these weights; it may use up to `threads` CPU threads, which changes no bit.

        Raises:
            EngineError: the engine cannot run `network`.
        """

    def logits(
        self,
        network: Architecture,
        weights: Weights,
        scaling: Scaling,
        images: NDArray[np.uint8],
        *,
        threads: int = 1,
    ) -> NDArray[np.float32]:
        """The logits (N, classes) of `images` (N, H, W, C), by a runner of its own."""
        return self.runner(network, weights, scaling, threads=threads).logits(images)
