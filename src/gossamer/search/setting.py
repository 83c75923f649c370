"""The settings a search compares: every combination of networks, learning rates and batch sizes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from gossamer.network import Architecture


@dataclass(frozen=True)
class Setting:
    """One cell of the grid."""

    network: Architecture
    learning_rate: float
    batch_size: int

    def __str__(self) -> str:
        return f"learning rate {self.learning_rate:g}, batch size {self.batch_size}, {self.network.words}"


def grid(
    networks: Sequence[Architecture], learning_rates: Sequence[float], batch_sizes: Sequence[int]
) -> list[Setting]:
    """Every combination, in the order given: the batch size changes fastest, the network slowest."""
    return [Setting(*cell) for cell in product(networks, learning_rates, batch_sizes)]
