"""A network as a PyTorch module: for the torch engine, and for those who go on elsewhere with PyTorch."""

from collections.abc import Callable
from dataclasses import asdict
from itertools import chain
from math import prod
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gossamer.network import ops
from gossamer.network.architecture import Architecture
from gossamer.network.graph import IMAGE, Graph, Node, Weights
from gossamer.network.model import Model
from gossamer.network.ops import Op
from gossamer.network.scaling import PIXELS, Scaling, Values

M = TypeVar("M", bound=nn.Module)


class MinMaxScaling(nn.Module):
    """Numbers of any type as pixels, (number - zero) / step, and those, minimum to maximum, as 0 to 1."""

    def __init__(
        self, minimum: float = 0.0, maximum: float = 255.0, zero: float = 0.0, step: float = 1.0
    ) -> None:
        super().__init__()
        self.scaling, self.values = Scaling(minimum, maximum), Values(zero, step)

    def forward(self, numbers: Tensor) -> Tensor:
        """The scaled numbers, float32 of the same shape."""
        pixels = numbers.to(torch.float32)
        if self.values != PIXELS:
            pixels = (pixels - self.values.zero) / self.values.step
        return (pixels - self.scaling.minimum) / (self.scaling.maximum - self.scaling.minimum)

    def extra_repr(self) -> str:
        """Minimum and maximum, and how numbers become pixels where they are none."""
        found = f"{self.scaling.minimum:g}, {self.scaling.maximum:g}"
        shown = self.values != PIXELS
        return f"{found}, zero={self.values.zero:g}, step={self.values.step:g}" if shown else found


class Sum(nn.Module):
    """The sum of two inputs."""

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Their sum."""
        return first + second


class Convolution(nn.Conv2d):
    """PyTorch's convolution; strides of 1x1 kernels are taken before it.

    With AVX2 and channels last, PyTorch 2.13's own strided 1x1 kernel writes beyond its memory.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """The maps that it makes."""
        if self.kernel_size == (1, 1):
            down, right = self.stride
            return functional.conv2d(maps[:, :, ::down, ::right], self.weight, self.bias, groups=self.groups)
        return super().forward(maps)


class BatchNorm(nn.BatchNorm2d):
    """PyTorch's batch norm that also takes one value per channel: variance 0, the statistics stay."""

    def forward(self, maps: Tensor) -> Tensor:
        """The normalized maps."""
        if self.training and maps[:, 0].numel() == 1:
            return (maps - maps) * self.weight[:, None, None] + self.bias[:, None, None]
        return super().forward(maps)


def _convolution(op: ops.Kernels, node: Node) -> list[nn.Module]:
    depth = node.input_shapes[0][2]
    channels, per_output, _, _ = op.weight_shape(depth)
    return [
        Convolution(
            depth,
            channels,
            op.kernel,
            op.stride,
            op.padding,
            groups=depth // per_output,
            bias=op.bias,
            device="meta",
        )
    ]


MODULES: dict[type[Op], Callable[[Any, Node], list[nn.Module]]] = {
    ops.Convolution: _convolution,
    ops.DepthwiseConvolution: _convolution,
    ops.Norm: lambda _, node: [BatchNorm(node.shape[2], ops.EPSILON, ops.MOMENTUM, device="meta")],
    ops.Relu: lambda _, __: [nn.ReLU()],
    ops.Relu6: lambda _, __: [nn.ReLU6()],
    ops.HardSwish: lambda _, __: [nn.Hardswish()],
    ops.MaxPool: lambda op, _: [nn.MaxPool2d(op.kernel, op.stride)],
    ops.AveragePool: lambda op, _: [nn.AvgPool2d(op.kernel, op.stride)],
    ops.Mean: lambda _, __: [nn.AdaptiveAvgPool2d(1)],
    ops.Add: lambda _, __: [Sum()],
    ops.Dense: lambda op, node: [
        nn.Flatten(),
        nn.Linear(prod(node.input_shapes[0]), op.classes, device="meta"),
    ],
}
"""What PyTorch's modules, one behind the other, do an op."""


class GraphModule(nn.Module):
    """A network of several branches, from scaled floats (N, C, H, W) to logits."""

    def __init__(self, network: Architecture) -> None:
        super().__init__()
        self.network = network
        made = (MODULES[type(node.op)](node.op, node) for node in network.graph.nodes)
        self.steps = nn.ModuleList(each[0] if len(each) == 1 else nn.Sequential(*each) for each in made)

    def forward(self, images: Tensor) -> Tensor:
        """The logits (N, classes)."""
        values = {IMAGE: images}
        for node, step in zip(self.network.graph.nodes, self.steps, strict=True):
            values[node.name] = step(*(values[name] for name in node.inputs))
        return values[self.network.graph.output]


def module_of(model: Model) -> nn.Sequential:
    """The model as a module from numbers (N, C, H, W), as in its training data, to logits (N, classes)."""
    scaling = MinMaxScaling(**asdict(model.scaling), **asdict(model.values))
    network = network_module(model.folded.network, model.folded.weights)
    return nn.Sequential(scaling, *(network if isinstance(network, nn.Sequential) else [network]))


def network_module(network: Architecture, weights: Weights) -> nn.Module:
    """The network as a module from scaled floats (N, C, H, W) to logits, holding a copy of `weights`.

    A chain is an nn.Sequential.
    """
    graph = network.graph
    module: nn.Module = GraphModule(network)
    if graph.is_chain:
        module = nn.Sequential(
            *chain.from_iterable(MODULES[type(node.op)](node.op, node) for node in graph.nodes)
        )
    return filled(module, graph, weights)


def filled(module: M, graph: Graph, weights: Weights) -> M:
    """The graph's module, made without values ("meta"), with a copy of `weights`.

    So torch's own random stream stays where it is.
    """
    module = module.to_empty(device="cpu")
    with torch.no_grad():
        for name, tensor in arrays_of(graph, module).items():
            tensor.copy_(torch.tensor(weights[name]))
    return module


def arrays_of(graph: Graph, module: nn.Module) -> dict[str, Tensor]:
    """The tensors of the graph's module, by the graph's names."""
    tensors = [each for name, each in module.state_dict().items() if not name.endswith("num_batches_tracked")]
    return dict(zip((array.name for array in graph.arrays), tensors, strict=True))
