"""A network as a PyTorch module, and back: for those who train or go on elsewhere with PyTorch."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain, pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gossamer.errors import SettingError
from gossamer.network.architecture import Architecture
from gossamer.network.graph import IMAGE, Graph, Node, Weights
from gossamer.network.model import Model
from gossamer.network.ops import (
    EPSILON,
    MOMENTUM,
    Add,
    AveragePool,
    Convolution,
    Dense,
    DepthwiseConvolution,
    HardSwish,
    Kernels,
    MaxPool,
    Mean,
    Norm,
    Op,
    Relu,
    Relu6,
    Shape,
)
from gossamer.network.scaling import PIXELS, Scaling, Values
from gossamer.network.words import KERNELS

_EXPECTED = (
    "expected, in this order, Conv2d each with a ReLU and MaxPool2d(2) or AvgPool2d(2),"
    " AdaptiveAvgPool2d(1), Flatten, and last a Linear"
)
_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Flatten)
"""Modules that leave an evaluated network what it is, or that `dense` does of its own accord."""


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


class BatchNorm(nn.BatchNorm2d):
    """PyTorch's batch norm that also takes one value per channel: variance 0, the statistics stay."""

    def forward(self, maps: Tensor) -> Tensor:
        """The normalized maps."""
        if self.training and maps[:, 0].numel() == 1:
            return (maps - maps) * self.weight[:, None, None] + self.bias[:, None, None]
        return super().forward(maps)


def _convolution(op: Kernels, node: Node) -> list[nn.Module]:
    depth = node.input_shapes[0][2]
    channels, per_output, _, _ = op.weight_shape(depth)
    return [
        nn.Conv2d(
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
    Convolution: _convolution,
    DepthwiseConvolution: _convolution,
    Norm: lambda _, node: [BatchNorm(node.shape[2], EPSILON, MOMENTUM, device="meta")],
    Relu: lambda _, __: [nn.ReLU()],
    Relu6: lambda _, __: [nn.ReLU6()],
    HardSwish: lambda _, __: [nn.Hardswish()],
    MaxPool: lambda op, _: [nn.MaxPool2d(op.kernel, op.stride)],
    AveragePool: lambda op, _: [nn.AvgPool2d(op.kernel, op.stride)],
    Mean: lambda _, __: [nn.AdaptiveAvgPool2d(1)],
    Add: lambda _, __: [Sum()],
    Dense: lambda op, node: [
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
    # made without values ("meta") and then filled, so that torch's own random stream stays where it is
    module = module.to_empty(device="cpu")
    with torch.no_grad():
        for name, tensor in arrays_of(graph, module).items():
            tensor.copy_(torch.tensor(weights[name]))
    return module


def arrays_of(graph: Graph, module: nn.Module) -> dict[str, Tensor]:
    """The tensors of the graph's module, by the graph's names."""
    tensors = [each for name, each in module.state_dict().items() if not name.endswith("num_batches_tracked")]
    return dict(zip((array.name for array in graph.arrays), tensors, strict=True))


def from_torch(module: nn.Sequential, input_shape: Shape, classes: Sequence[str] | None = None) -> Model:
    """The model that a module is, for images (H, W, C); its outputs are the module's in evaluation.

    A first `MinMaxScaling` is the model's scaling; without one, the module is taken to expect pixels divided
    by 255. A ReLU may stand before or after its convolution's max-pool, which is the same. Classes are called
    0, 1 and so on if they have no names.

    Raises:
        SettingError: a layer is none of those that a network is made of, or stands in the wrong place.
        DataError: two classes have one name.
    """
    layers = [each for each in _flat(module) if not isinstance(each, _NOTHING)]
    first = MinMaxScaling()
    if layers and isinstance(layers[0], MinMaxScaling):
        first = layers[0]
        del layers[0]
    if not layers or not isinstance(layers[-1], nn.Linear):
        raise _refusal(layers[-1] if layers else module, "is last")
    words = [_word(layer, at_the_end=layer is layers[-1]) for layer in layers]
    _check_activations(layers)
    names = (
        tuple(str(label) for label in range(layers[-1].out_features)) if classes is None else tuple(classes)
    )
    if len(names) != layers[-1].out_features:
        raise SettingError(
            f"{len(names)} classes' names for {layers[-1].out_features} outputs of {layers[-1]}"
        )
    network = Architecture.parse(" ".join(word for word in words if word), input_shape, len(names))
    arrays = [
        parameter.detach().cpu().numpy().astype(np.float32)
        for layer in layers
        for parameter in layer.parameters()
    ]
    for (name, wanted), array in zip(network.weight_shapes.items(), arrays, strict=True):
        if array.shape != wanted:
            raise SettingError(
                f"{name} has the shape {array.shape}, expected {wanted} for images of {input_shape}: is that"
                " their height, width and channels?"
            )
        if not np.isfinite(array).all():
            raise SettingError(f"{name} holds a weight that is no finite number")
    weights = dict(zip(network.weight_shapes, arrays, strict=True))
    return Model(network, weights, first.scaling, names, {}, first.values)


def _flat(module: nn.Module) -> Iterator[nn.Module]:
    if isinstance(module, nn.Sequential):
        for child in module:
            yield from _flat(child)
    else:
        yield module


def _word(layer: nn.Module, *, at_the_end: bool) -> str:
    """The layer's word; none for an activation."""
    match layer:
        case nn.Conv2d(kernel_size=(kernel, other)) if kernel == other and kernel in KERNELS:
            same = layer.padding == "same" or layer.padding == ((kernel - 1) // 2,) * 2
            plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
            if same and plain and layer.padding_mode == "zeros" and layer.bias is not None:
                return f"conv{layer.out_channels}" + (f"k{kernel}" if kernel != 3 else "")
        case nn.MaxPool2d(kernel_size=2 | (2, 2), stride=2 | (2, 2), padding=0 | (0, 0), dilation=1 | (1, 1)):
            if not layer.ceil_mode:
                return "pool"
        case nn.AvgPool2d(
            kernel_size=2 | (2, 2), stride=2 | (2, 2), padding=0 | (0, 0), divisor_override=None
        ):
            if not layer.ceil_mode:
                return "avg"
        case nn.AdaptiveAvgPool2d(output_size=1 | (1, 1)):
            return "gap"
        case nn.ReLU():
            return ""
        case nn.Linear() if at_the_end and layer.bias is not None:
            return "dense"
    raise _refusal(layer, "has no counterpart")


def _check_activations(layers: Sequence[nn.Module]) -> None:
    """See that every convolution has a ReLU, at once or after its max-pools, and nothing else has one."""
    waiting: nn.Module | None = None
    for before, layer in pairwise([None, *layers]):
        if isinstance(layer, nn.ReLU):
            if waiting is None:
                raise _refusal(layer, f"follows {before}")
            waiting = None
        elif isinstance(layer, nn.MaxPool2d):
            continue
        elif waiting is not None:
            raise _refusal(waiting, "has no ReLU")
        elif isinstance(layer, nn.Conv2d):
            waiting = layer


def _refusal(layer: nn.Module, fault: str) -> SettingError:
    shown = " ".join(repr(layer).split())[:120]
    return SettingError(f"{shown} {fault}; {_EXPECTED}")
