"""The primitive ops that networks are graphs of: each says its output's shape, parameters and multiply-adds.

Equations are those of the report "Classification of Fashion-MNIST Using Lightweight CNNs".
Dimensions: H rows, W columns, C channels, K kernel, P padding, S stride.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

from gossamer.errors import SettingError

Shape = tuple[int, int, int]
"""(H, W, C)"""

Initializer = Literal["he-normal", "uniform", "zeros"]
"""Standard deviation sqrt(2 / fan_in); from -1 / sqrt(fan_in) to 1 / sqrt(fan_in); zeros."""


@dataclass(frozen=True)
class Parameter:
    """An array that training changes, in PyTorch's order of axes: outputs first."""

    name: str
    shape: tuple[int, ...]
    initializer: Initializer

    @property
    def fan_in(self) -> int:
        """How many inputs reach one output."""
        return prod(self.shape[1:])

    @property
    def size(self) -> int:  # noqa: D102
        return prod(self.shape)


class Op(ABC):
    """What a node of a graph does to its inputs, which are maps (H, W, C)."""

    name: ClassVar[str]
    inputs: ClassVar[int] = 1

    @abstractmethod
    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of what it makes of inputs of these shapes."""

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:  # noqa: ARG002
        """Its parameters, in the order of PyTorch's modules."""
        return ()

    def multiply_adds(self, *inputs: Shape) -> int:  # noqa: ARG002
        """Multiply-adds for one image, those of weights alone."""
        return 0


def output_size(size: int, *, kernel: int, padding: int, stride: int) -> int:
    """Eq. (1): N_out = floor((N_in + 2P - K) / S) + 1."""
    return (size + 2 * padding - kernel) // stride + 1


@dataclass(frozen=True)
class Convolution(Op):
    """K x K, with bias, to C channels, stride 1, padding (K - 1) / 2; K K C_in C + C parameters, Eq. (2)."""

    channels: int
    kernel: int = 3
    name = "convolution"

    @property
    def padding(self) -> int:
        """Zeros on each side, so that the output is as large as the input."""
        return (self.kernel - 1) // 2

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        height, width, _ = inputs[0]
        sizes = [output_size(n, kernel=self.kernel, padding=self.padding, stride=1) for n in (height, width)]
        return sizes[0], sizes[1], self.channels

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:  # noqa: D102
        weight = (self.channels, inputs[0][2], self.kernel, self.kernel)
        return Parameter("weight", weight, "he-normal"), Parameter("bias", (self.channels,), "zeros")

    def multiply_adds(self, *inputs: Shape) -> int:  # noqa: D102
        return prod(self.output_shape(*inputs)) * self.kernel * self.kernel * inputs[0][2]


@dataclass(frozen=True)
class Relu(Op):
    """The larger of a value and 0."""

    name = "relu"

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        return inputs[0]


class Pool(Op):
    """One number of each 2 x 2 window, stride 2; an odd last row or column is left out."""

    kernel: ClassVar[int] = 2
    stride: ClassVar[int] = 2

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        height, width, channels = inputs[0]
        sizes = [output_size(n, kernel=self.kernel, padding=0, stride=self.stride) for n in (height, width)]
        return sizes[0], sizes[1], channels


@dataclass(frozen=True)
class MaxPool(Pool):
    """The maximum of each window."""

    name = "max-pool"


@dataclass(frozen=True)
class AveragePool(Pool):
    """The mean of each window."""

    name = "average-pool"


@dataclass(frozen=True)
class Mean(Op):
    """The mean of each channel over all positions."""

    name = "mean"

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        return 1, 1, inputs[0][2]


@dataclass(frozen=True)
class Add(Op):
    """The sum of two maps of one shape."""

    name = "add"
    inputs = 2

    def output_shape(self, *inputs: Shape) -> Shape:
        """The inputs' shape.

        Raises:
            SettingError: they differ in shape.
        """
        first, second = inputs
        if first != second:
            raise SettingError(f"maps of {by(first)} and of {by(second)} cannot be added")
        return first


@dataclass(frozen=True)
class Dense(Op):
    """Flattens channel by channel (PyTorch's order) and maps to one logit per class."""

    classes: int
    name = "dense"

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: ARG002, D102
        return 1, 1, self.classes

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:  # noqa: D102
        weight = (self.classes, prod(inputs[0]))
        return Parameter("weight", weight, "uniform"), Parameter("bias", (self.classes,), "zeros")

    def multiply_adds(self, *inputs: Shape) -> int:  # noqa: D102
        return prod(inputs[0]) * self.classes


OPS: tuple[type[Op], ...] = (Convolution, Relu, MaxPool, AveragePool, Mean, Add, Dense)
"""Every op; each backend's table has them all."""


def by(shape: Sequence[int]) -> str:
    """A shape as text, such as 28x28x1."""
    return "x".join(map(str, shape))
