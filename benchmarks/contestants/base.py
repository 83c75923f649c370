"""What a contestant is: one way to train and to run the report's network."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Architecture, Weights

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Setting:
    """What all contestants are given: the same images, network, starting weights and rate.

    Attributes:
        pixels: uint8 (N, H, W, C).
        labels: int64 (N,).
        network: what is trained.
        weights: where it starts.
        learning_rate: Adam's.
        threads: how many CPU threads the contestant may use.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    network: Architecture
    weights: Weights
    learning_rate: float
    threads: int


class Contestant(ABC):
    """One in a process of its own. Whatever its user would do once, it does in `__init__`, off the clock."""

    evaluation_batches: ClassVar[tuple[int, ...]] = (16, 64, 256, 1000)
    """Each is tried while it warms up, and the fastest is measured."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @abstractmethod
    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:
        """A call that trains once on `rows`, shuffled, and returns their mean loss.

        The contestant's process asks for one before each measurement and times the call alone. The network
        of a batch size goes on learning from one measurement to the next.
        """

    @abstractmethod
    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:
        """A call that classifies `rows` with the starting weights and returns how many are correct.

        Asked for and timed as `training`. The weights are the same for all, so the counts must be, too.
        """


def scaled(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels as a framework takes them: floats from 0 to 1, shaped as they were."""
    return (pixels / np.float32(255)).astype(np.float32, copy=False)
