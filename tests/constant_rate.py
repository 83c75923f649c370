"""Training for tests: an engine's trainer that takes rows, in batches of one size at one rate."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import ADAM, Batches, Engine, Learning, Score, Trainer, TrainingState
from gossamer.network import Architecture, Scaling


class ConstantRate:
    """A trainer whose every batch has the same size and rate."""

    def __init__(
        self, trainer: Trainer, network: Architecture, learning_rate: float, batch_size: int
    ) -> None:
        self.trainer = trainer
        self._network, self._rate, self._size = network, learning_rate, batch_size

    def batches(self, order: NDArray[np.int64], **more: Any) -> Batches:
        """The rows of an epoch as the engine takes them."""
        return replace(Batches.constant(self._network, order, self._size, self._rate), **more)

    def train_epoch(self, order: NDArray[np.int64], **more: Any) -> Score:
        """Train once on the rows `order`."""
        return self.trainer.train_epoch(self.batches(order, **more))

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The kept weights' score on `rows`."""
        return self.trainer.evaluate(rows)

    def state(self) -> TrainingState:
        """A copy of the present state."""
        return self.trainer.state()


def trainer_at(
    engine: Engine,
    network: Architecture,
    scaling: Scaling,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    state: TrainingState,
    *,
    learning_rate: float,
    batch_size: int,
    threads: int = 1,
    learning: Learning = ADAM,
    image_weights: NDArray[np.float32] | None = None,
) -> ConstantRate:
    """The engine's trainer, at a constant rate."""
    trainer = engine.trainer(
        network,
        scaling,
        images,
        labels,
        state,
        learning=learning,
        image_weights=image_weights,
        threads=threads,
    )
    return ConstantRate(trainer, network, learning_rate, batch_size)
