"""The layers a network is written in, each with its word, shape and parameters by Eq. (1) and (2).

Equations are those of the report "Classification of Fashion-MNIST Using Lightweight CNNs".
Dimensions: H rows, W columns, C channels, K kernel, P padding, S stride.
"""

from dataclasses import dataclass

Shape = tuple[int, int, int]
"""(H, W, C)"""


def output_size(size: int, *, kernel: int, padding: int, stride: int) -> int:
    """Eq. (1): N_out = floor((N_in + 2P - K) / S) + 1."""
    return (size + 2 * padding - kernel) // stride + 1


def convolution_parameters(kernel: int, channels_in: int, channels_out: int) -> int:
    """Eq. (2): K * K * C_in * C_out weights and C_out biases."""
    return kernel * kernel * channels_in * channels_out + channels_out


@dataclass(frozen=True)
class Convolution:
    """`convC` or `convCkK`: a K x K convolution to C channels, padding (K - 1) / 2, bias, ReLU."""

    channels: int
    kernel: int = 3

    @property
    def word(self) -> str:  # noqa: D102
        return f"conv{self.channels}" + (f"k{self.kernel}" if self.kernel != 3 else "")

    @property
    def padding(self) -> int:
        """Zeros on each side, so that the output is as large as the input."""
        return (self.kernel - 1) // 2

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        height, width, _ = shape
        sizes = [output_size(n, kernel=self.kernel, padding=self.padding, stride=1) for n in (height, width)]
        return sizes[0], sizes[1], self.channels

    def weight_shape(self, shape: Shape) -> tuple[int, int, int, int]:
        """(C_out, C_in, K, K), PyTorch's order."""
        return self.channels, shape[2], self.kernel, self.kernel

    def parameters(self, shape: Shape) -> int:  # noqa: D102
        return convolution_parameters(self.kernel, shape[2], self.channels)

    def multiply_adds(self, shape: Shape) -> int:  # noqa: D102
        height, width, _ = self.output_shape(shape)
        return height * width * self.channels * self.kernel * self.kernel * shape[2]


@dataclass(frozen=True)
class MaxPool:
    """`pool`: the maximum of each 2 x 2 window, stride 2; an odd last row or column is left out."""

    word = "pool"
    kernel = 2
    stride = 2

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        height, width, channels = shape
        sizes = [output_size(n, kernel=self.kernel, padding=0, stride=self.stride) for n in (height, width)]
        return sizes[0], sizes[1], channels

    def parameters(self, shape: Shape) -> int:  # noqa: ARG002, D102
        return 0

    def multiply_adds(self, shape: Shape) -> int:  # noqa: ARG002, D102
        return 0


@dataclass(frozen=True)
class GlobalAveragePool:
    """`gap`: the mean of each channel over all positions."""

    word = "gap"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: D102
        return 1, 1, shape[2]

    def parameters(self, shape: Shape) -> int:  # noqa: ARG002, D102
        return 0

    def multiply_adds(self, shape: Shape) -> int:  # noqa: ARG002, D102
        return 0


@dataclass(frozen=True)
class Dense:
    """`dense`: flattens (channel by channel, PyTorch's order) and maps to one logit a class."""

    classes: int
    word = "dense"

    def output_shape(self, shape: Shape) -> Shape:  # noqa: ARG002, D102
        return 1, 1, self.classes

    def weight_shape(self, shape: Shape) -> tuple[int, int]:
        """(classes, C * H * W), PyTorch's order."""
        height, width, channels = shape
        return self.classes, channels * height * width

    def parameters(self, shape: Shape) -> int:  # noqa: D102
        outputs, inputs = self.weight_shape(shape)
        return outputs * inputs + outputs

    def multiply_adds(self, shape: Shape) -> int:  # noqa: D102
        outputs, inputs = self.weight_shape(shape)
        return outputs * inputs


Layer = Convolution | MaxPool | GlobalAveragePool | Dense
