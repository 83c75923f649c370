"""What an engine is: it trains and runs a network on arrays, and knows nothing of folds or files.

All engines start from the same weights, see the same batches in the same order and follow the same
mathematics: softmax and cross entropy from the logits, and Adam (Kingma and Ba 2015, Algorithm 1) with
the constants below. They differ in speed and in rounding only.
"""

from dataclasses import dataclass, field
from math import nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Architecture, Scaling, Weights
from gossamer.reprs import Summarized

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


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


@dataclass(frozen=True, eq=False, repr=False)
class TrainingState(Summarized):
    """All that a trainer carries from one batch to the next.

    Attributes:
        weights: every array of the network, norms' statistics included.
        first_moment: Adam's, of the arrays that are trained.
        second_moment: likewise.
        step: how many batches came before.
    """

    weights: Weights
    first_moment: Weights
    second_moment: Weights
    step: int

    @classmethod
    def start(cls, network: Architecture, weights: Weights) -> "TrainingState":
        """The state before the first step."""
        first, second = ({name: np.zeros_like(weights[name]) for name in network.trained} for _ in range(2))
        return cls(weights, first, second, 0)


SMALLEST_BATCH = 16
"""Under batch norm, a last batch of fewer images joins the one before: their statistics would say little."""


def batch_sizes(network: Architecture, images: int, batch_size: int) -> list[int]:
    """The sizes of an epoch's batches, in order: all of `batch_size` but the last, which is what is left.

    Under batch norm, a last batch of fewer than SMALLEST_BATCH images, and of less than half of `batch_size`,
    joins the one before.
    """
    whole, left = divmod(images, batch_size)
    sizes = [batch_size] * whole + [left] * (left > 0)
    if network.has_norms and whole and 0 < left < min(SMALLEST_BATCH, batch_size / 2):
        sizes[-2:] = [batch_size + left]
    return sizes


class Trainer(Protocol):
    """One network in training on one set of images."""

    def train_epoch(self, order: NDArray[np.int64]) -> Score:
        """Train once on the rows `order`, in batches of `batch_sizes`.

        The score is the running average: each image counts as it was when its batch came.
        """

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The present weights' score on `rows`, with its confusion counts."""

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
        learning_rate: float,
        batch_size: int,
        threads: int = 1,
    ) -> Trainer:
        """A trainer that goes on from `state` on `images` (N, H, W, C) with `labels` (N,).

        It may use up to `threads` CPU threads, which changes no result.

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
