"""The native core's Python module, built from native/bindings.cpp."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Nodes = Sequence[tuple[str, Sequence[int], int, int, int, bool]]
"""By node: op, values it reads (0 is the image, i + 1 node i), channels or classes, kernel, stride, bias."""

Learning = tuple[str, float, float, float, float, float]
"""The values of `gossamer.engine.learning.Learning`, in its order."""

Groups = Sequence[Sequence[NDArray[np.float32]]]
"""All arrays of a state, each in one dimension: what is trained and the statistics, then the same of every
slot, as far as it holds them."""

compiler: str

def runnable() -> list[str]: ...
def peak_multiply_adds(kernels: str) -> float: ...
def kernel_times(
    kernels: str, nodes: Nodes, shape: tuple[int, int, int], positive: float
) -> list[tuple[str, float, float, bool]]: ...

class Trainer:
    def __init__(
        self,
        kernels: str,
        nodes: Nodes,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        image_weights: NDArray[np.float32] | None,
        pixel_range: tuple[float, float],
        learning: Learning,
        threads: int,
    ) -> None: ...
    def set_state(self, groups: Groups, step: int) -> None: ...
    def get_state(self, groups: Groups) -> int: ...
    def train_epoch(
        self,
        order: NDArray[np.int64],
        batch_sizes: Sequence[int],
        rates: NDArray[np.float64],
        views: NDArray[np.int32] | None = None,
        teacher: NDArray[np.float32] | None = None,
    ) -> tuple[int, int, float]: ...

class Evaluator:
    def __init__(
        self,
        kernels: str,
        nodes: Nodes,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        pixel_range: tuple[float, float],
        threads: int,
    ) -> None: ...
    def evaluate(
        self,
        weights: Sequence[NDArray[np.float32]],
        rows: NDArray[np.int64],
        confusion: NDArray[np.int64],
    ) -> tuple[int, int, float]: ...

class Runner:
    def __init__(
        self,
        kernels: str,
        nodes: Nodes,
        shape: tuple[int, int, int],
        pixel_range: tuple[float, float],
        weights: Sequence[NDArray[np.float32]],
        threads: int,
    ) -> None: ...
    def logits(self, images: NDArray[np.uint8], out: NDArray[np.float32]) -> None: ...

class kernels:  # noqa: N801 - a submodule, from native/kernel_bindings/
    @staticmethod
    def conv_forward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        image: bool,
        argmax: bool = True,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]: ...
    @staticmethod
    def conv_backward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        y: NDArray[np.float32],
        indices: NDArray[np.int32],
        dy: NDArray[np.float32],
        d_weights: NDArray[np.float32],
        d_bias: NDArray[np.float32],
        *,
        image: bool,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]: ...
    @staticmethod
    def filter_forward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32] | None,
        *,
        added: NDArray[np.float32] | None = None,
        stride: int,
        depthwise: bool,
        image: bool,
        relu: bool = False,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def filter_backward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        dy: NDArray[np.float32],
        d_weights: NDArray[np.float32],
        d_bias: NDArray[np.float32] | None,
        summand: NDArray[np.float32] | None,
        *,
        stride: int,
        depthwise: bool,
        image: bool,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.float32] | None]: ...
    @staticmethod
    def moments(
        kernels: str, x: NDArray[np.float32], *, misalign: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
    @staticmethod
    def norm_forward(
        kernels: str,
        x: NDArray[np.float32],
        added: NDArray[np.float32] | None,
        scale: NDArray[np.float32],
        shift: NDArray[np.float32],
        *,
        activation: str,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def norm_sums(
        kernels: str,
        x: NDArray[np.float32],
        added: NDArray[np.float32] | None,
        scale: NDArray[np.float32],
        shift: NDArray[np.float32],
        mean: NDArray[np.float32],
        dy: NDArray[np.float32],
        *,
        activation: str,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]: ...
    @staticmethod
    def norm_backward(
        kernels: str,
        x: NDArray[np.float32],
        scale: NDArray[np.float32],
        slope: NDArray[np.float32],
        offset: NDArray[np.float32],
        dz: NDArray[np.float32],
        *,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def activation_forward(
        kernels: str, x: NDArray[np.float32], *, activation: str, misalign: int = 0
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def activation_backward(
        kernels: str,
        x: NDArray[np.float32],
        dy: NDArray[np.float32],
        *,
        activation: str,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def pool_forward(
        kernels: str,
        x: NDArray[np.float32],
        *,
        argmax: bool = True,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]: ...
    @staticmethod
    def pool_backward(
        kernels: str,
        size: tuple[int, int],
        dy: NDArray[np.float32],
        indices: NDArray[np.int32],
        *,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def mean_forward(kernels: str, x: NDArray[np.float32], *, misalign: int = 0) -> NDArray[np.float32]: ...
    @staticmethod
    def mean_backward(
        kernels: str, size: tuple[int, int], dy: NDArray[np.float32], *, misalign: int = 0
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def dense_forward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        *,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def dense_backward(
        kernels: str,
        x: NDArray[np.float32],
        weights: NDArray[np.float32],
        dz: NDArray[np.float32],
        d_weights: NDArray[np.float32],
        d_bias: NDArray[np.float32],
        *,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]: ...
    @staticmethod
    def adam(
        kernels: str,
        gradients: NDArray[np.float32],
        weights: NDArray[np.float32],
        first_moment: NDArray[np.float32],
        second_moment: NDArray[np.float32],
        *,
        step_size: float,
        root_correction: float,
        keep: float = 1.0,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]: ...
    @staticmethod
    def sgd(
        kernels: str,
        gradients: NDArray[np.float32],
        weights: NDArray[np.float32],
        velocity: NDArray[np.float32],
        *,
        rate: float,
        keep: float = 1.0,
        misalign: int = 0,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
    @staticmethod
    def average(
        kernels: str,
        values: NDArray[np.float32],
        average: NDArray[np.float32],
        *,
        share: float,
        misalign: int = 0,
    ) -> NDArray[np.float32]: ...
    @staticmethod
    def viewed(images: NDArray[np.uint8], views: NDArray[np.int32]) -> NDArray[np.uint8]: ...
