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

Initializer = Literal["he-normal", "uniform", "zeros", "ones"]
"""Standard deviation sqrt(2 / fan_in); from -1 / sqrt(fan_in) to 1 / sqrt(fan_in); zeros; ones."""

EPSILON = 1e-5
"""Added to a norm's variance."""

MOMENTUM = 0.1
"""The weight of a batch in a norm's running averages."""


@dataclass(frozen=True)
class Parameter:
    """An array that a network keeps, in PyTorch's order of axes: outputs first.

    It is `trained` by the optimizer; otherwise it is a statistic, which the forward pass updates in training.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Initializer
    trained: bool = True

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


class Kernels(Op):
    """A convolution of either kind: padding (K - 1) / 2, so that stride 1 keeps a map's size."""

    kernel: int
    stride: int
    bias: bool

    @abstractmethod
    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:
        """(C_out, input channels that reach one output, K, K) for an input of so many channels."""

    @property
    def padding(self) -> int:
        """Zeros on each side."""
        return (self.kernel - 1) // 2

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        *sizes, channels = inputs[0]
        height, width = (
            output_size(n, kernel=self.kernel, padding=self.padding, stride=self.stride) for n in sizes
        )
        return height, width, self.weight_shape(channels)[0]

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:  # noqa: D102
        weight = self.weight_shape(inputs[0][2])
        bias = (Parameter("bias", weight[:1], "zeros"),) if self.bias else ()
        return Parameter("weight", weight, "he-normal"), *bias

    def multiply_adds(self, *inputs: Shape) -> int:  # noqa: D102
        return prod(self.output_shape(*inputs)) * prod(self.weight_shape(inputs[0][2])[1:])


@dataclass(frozen=True)
class Convolution(Kernels):
    """K x K to C channels with stride S; K K C_in C weights, Eq. (2), and C biases."""

    channels: int
    kernel: int = 3
    stride: int = 1
    bias: bool = True
    name = "convolution"

    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:  # noqa: D102
        return self.channels, channels, self.kernel, self.kernel


@dataclass(frozen=True)
class DepthwiseConvolution(Kernels):
    """K x K on each channel by itself, with stride S (Howard et al. 2017, section 3.1)."""

    kernel: int = 3
    stride: int = 1
    bias: bool = True
    name = "depthwise"

    def weight_shape(self, channels: int) -> tuple[int, int, int, int]:  # noqa: D102
        return channels, 1, self.kernel, self.kernel


@dataclass(frozen=True)
class Norm(Op):
    """Batch norm: normalized over the batch, scaled and shifted per channel (Ioffe and Szegedy 2015, Alg. 1).

    Only training has it: `fold` puts it into the convolution before it.
    """

    name = "norm"

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        return inputs[0]

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:  # noqa: D102
        channels = inputs[0][2:]
        return (
            Parameter("weight", channels, "ones"),
            Parameter("bias", channels, "zeros"),
            Parameter("running_mean", channels, "zeros", trained=False),
            Parameter("running_var", channels, "ones", trained=False),
        )


class Activation(Op):
    """A function of each value by itself."""

    def output_shape(self, *inputs: Shape) -> Shape:  # noqa: D102
        return inputs[0]


@dataclass(frozen=True)
class Relu(Activation):
    """max(0, x)."""

    name = "relu"


@dataclass(frozen=True)
class Relu6(Activation):
    """min(max(0, x), 6)."""

    name = "relu6"


@dataclass(frozen=True)
class HardSwish(Activation):
    """x min(max(0, x + 3), 6) / 6 (Howard et al. 2019, section 5.2)."""

    name = "hswish"


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


DEPLOYED_OPS: tuple[type[Op], ...] = (
    Convolution,
    DepthwiseConvolution,
    Relu,
    Relu6,
    HardSwish,
    MaxPool,
    AveragePool,
    Mean,
    Add,
    Dense,
)
"""The ops of folded graphs; the table of a backend that only runs models has them all."""

OPS: tuple[type[Op], ...] = (*DEPLOYED_OPS, Norm)
"""Every op; an engine's table has them all."""


def by(shape: Sequence[int]) -> str:
    """A shape as text, such as 28x28x1."""
    return "x".join(map(str, shape))
