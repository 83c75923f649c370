"""The native core's Python module, built from native/bindings.cpp."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def runnable() -> list[str]: ...

class Trainer:
    def __init__(
        self,
        kernels: str,
        layers: Sequence[tuple[str, int, int]],
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        pixel_range: tuple[float, float],
        learning_rate: float,
        batch_size: int,
        threads: int,
    ) -> None: ...
    def set_state(
        self,
        weights: Sequence[NDArray[np.float32]],
        first_moment: Sequence[NDArray[np.float32]],
        second_moment: Sequence[NDArray[np.float32]],
        step: int,
    ) -> None: ...
    def get_state(
        self,
        weights: Sequence[NDArray[np.float32]],
        first_moment: Sequence[NDArray[np.float32]],
        second_moment: Sequence[NDArray[np.float32]],
    ) -> int: ...
    def train_epoch(self, order: NDArray[np.int64]) -> tuple[int, int, float]: ...
    def evaluate(self, rows: NDArray[np.int64]) -> tuple[int, int, float]: ...
    def logits(self, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None: ...
