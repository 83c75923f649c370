"""A PyTorch module as a model, for what was trained elsewhere: its layers are read as words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gossamer.errors import SettingError
from gossamer.network import ops
from gossamer.network.architecture import Architecture
from gossamer.network.blocks import build
from gossamer.network.model import Model
from gossamer.network.ops import Op, Shape
from gossamer.network.torch_module import GraphModule, MinMaxScaling, arrays_of
from gossamer.network.words import KERNELS, MAX_EXPANSION, STRIDES, Spelling, Word

_EXPECTED = (
    "expected layers in the order of a network's words: Conv2d, all or none with BatchNorm2d,"
    " all with one of ReLU, ReLU6 and Hardswish; MaxPool2d(2) or AvgPool2d(2), AdaptiveAvgPool2d(1), Flatten,"
    " and last a Linear"
)
_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Flatten)
"""Modules that leave an evaluated network what it is, or that `dense` does of its own accord."""
_DENSE = Word("dense", 0)


def from_torch(module: nn.Sequential, input_shape: Shape, classes: Sequence[str] | None = None) -> Model:
    """The model that a module is, for images (H, W, C); its outputs are the module's in evaluation.

    The module is what `Model.to_torch` makes, or plain layers in the order of a network's words. A first
    `MinMaxScaling` is the model's scaling; without one, the module is taken to expect pixels divided by 255.
    A ReLU may stand before or after a max-pool, which is the same. A convolution's bias before a batch norm
    becomes a part of the norm. Classes are called 0, 1 and so on if they have no names.

    Raises:
        SettingError: a layer is none of those that a network is made of, or stands in the wrong place.
        DataError: two classes have one name.
    """
    layers = [each for each in _flat(module) if not isinstance(each, _NOTHING)]
    first = MinMaxScaling()
    if layers and isinstance(layers[0], MinMaxScaling):
        first = layers[0]
        del layers[0]
    match layers:
        case [GraphModule() as whole]:
            outputs, words = whole.network.classes, whole.network.words
            arrays = [_array(each) for each in arrays_of(whole.network.graph, whole).values()]
        case [*_, nn.Linear() as last]:
            outputs, words, arrays = last.out_features, _read(layers), list(_arrays(layers))
        case _:
            raise _refusal(layers[-1] if layers else module, "is last")
    names = tuple(map(str, range(outputs))) if classes is None else tuple(classes)
    if len(names) != outputs:
        raise SettingError(f"{len(names)} classes' names for {outputs} outputs of the last layer")
    network = Architecture.parse(words, input_shape, outputs)
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


Step = tuple[nn.Module, tuple[Op, ...]]
"""A layer, and the ops that it may stand for."""


def _read(layers: Sequence[nn.Module]) -> str:
    """The network in words: the ops of one word after the other are those of the layers."""
    norm = any(isinstance(layer, nn.BatchNorm2d) for layer in layers)
    steps = [*((layer, _ops(layer, norm=norm)) for layer in layers[:-1]), (layers[-1], ())]
    activations = {type(op): None for _, found in steps for op in found if isinstance(op, ops.Activation)}
    if len(activations) > 1:
        kinds = " and ".join(activation.name for activation in activations)
        raise SettingError(f"the module has {kinds}; a network has one activation")
    spelling = Spelling("", norm, next(iter(activations), ops.Relu), ())
    steps, words, at = _activated_first(steps), list[Word](), 0
    while at < len(steps) - 1:
        word, length = _word_at(at, steps, spelling)
        words.append(word)
        at += length
    return str(replace(spelling, blocks=(*words, _DENSE)))


def _ops(layer: nn.Module, *, norm: bool) -> tuple[Op, ...]:
    found: tuple[Op, ...] = ()
    match layer:
        case nn.Conv2d():
            found = _kernel_ops(layer, norm=norm)
        case nn.BatchNorm2d(affine=True, track_running_stats=True) if layer.eps >= ops.EPSILON:
            found = (ops.Norm(),)
        case nn.ReLU():
            found = (ops.Relu(),)
        case nn.ReLU6():
            found = (ops.Relu6(),)
        case nn.Hardswish():
            found = (ops.HardSwish(),)
        case nn.MaxPool2d(
            kernel_size=2 | (2, 2),
            stride=2 | (2, 2),
            padding=0 | (0, 0),
            dilation=1 | (1, 1),
            ceil_mode=False,
        ):
            found = (ops.MaxPool(),)
        case nn.AvgPool2d(
            kernel_size=2 | (2, 2),
            stride=2 | (2, 2),
            padding=0 | (0, 0),
            divisor_override=None,
            ceil_mode=False,
        ):
            found = (ops.AveragePool(),)
        case nn.AdaptiveAvgPool2d(output_size=1 | (1, 1)):
            found = (ops.Mean(),)
    if not found:
        raise _refusal(layer, "has no counterpart")
    return found


def _kernel_ops(layer: nn.Conv2d, *, norm: bool) -> tuple[Op, ...]:
    """With one channel it may be a convolution of either kind."""
    kernel, stride = _sizes(layer)
    same = layer.padding == "same" or layer.padding == ((kernel - 1) // 2,) * 2
    square = layer.kernel_size == (kernel, kernel) and layer.stride == (stride, stride)
    plain = layer.dilation == (1, 1) and layer.padding_mode == "zeros" and (norm or layer.bias is not None)
    if not (same and square and plain and kernel in KERNELS and stride in STRIDES):
        return ()
    full = ops.Convolution(layer.out_channels, kernel, stride, bias=not norm)
    depthwise = ops.DepthwiseConvolution(kernel, stride, bias=not norm)
    alone = layer.groups == layer.in_channels == layer.out_channels
    return (full,) * (layer.groups == 1) + (depthwise,) * alone


def _activated_first(steps: Sequence[Step]) -> list[Step]:
    """The steps with every ReLU before the max-pools that it follows; hard swish falls before it rises."""
    found: list[Step] = []
    for step in steps:
        at = len(found)
        if set(step[1]) & {ops.Relu(), ops.Relu6()}:
            while at and ops.MaxPool() in found[at - 1][1]:
                at -= 1
        found.insert(at, step)
    return found


def _word_at(at: int, steps: Sequence[Step], spelling: Spelling) -> tuple[Word, int]:
    """The word that begins at a step, and how many steps it takes."""
    layers, furthest = [layer for layer, _ in steps], at
    begin = layers[at]
    channels = begin.in_channels if isinstance(begin, nn.Conv2d) else 1
    for word in _candidates(layers[at:]):
        graph, _ = build(replace(spelling, blocks=(word, _DENSE)), (8, 8, channels), 2)
        wanted = [node.op for node in graph.nodes[:-1]]
        alike = [op in ops for op, (_, ops) in zip(wanted, steps[at:], strict=False)]
        end = at + [*alike, False].index(False)
        linear = word.kind == "inv" and not any(isinstance(op, ops.Activation) for op in steps[end][1])
        if end == at + len(wanted) and (linear or word.kind != "inv"):
            return word, len(wanted)
        furthest = max(furthest, end)
    where = f"cannot follow {_shown(layers[furthest - 1])}" if furthest else "cannot be first"
    raise _refusal(layers[furthest], where)


def _candidates(layers: Sequence[nn.Module]) -> Iterator[Word]:
    """The words that may begin with the first layer, by the sizes that this one and the next ones have."""
    match layers[0]:
        case nn.MaxPool2d():
            yield Word("pool", 0)
        case nn.AvgPool2d():
            yield Word("avg", 0)
        case nn.AdaptiveAvgPool2d():
            yield Word("gap", 0)
        case nn.Conv2d() as first:
            second, third = (*[each for each in layers if isinstance(each, nn.Conv2d)][1:3], None, None)[:2]
            expansion = first.out_channels // first.in_channels
            if second and third and 1 < expansion <= MAX_EXPANSION:
                yield Word("inv", 0, third.out_channels, expansion, *_sizes(second))
            if second:
                yield Word("inv", 0, second.out_channels, 1, *_sizes(first))
                yield Word("sep", 0, second.out_channels, 6, *_sizes(first))
            yield Word("conv", 0, first.out_channels, 6, *_sizes(first))
            yield Word("dw", 0, 0, 6, *_sizes(first))


def _sizes(layer: nn.Conv2d) -> tuple[int, int]:
    return layer.kernel_size[0], layer.stride[0]


def _arrays(layers: Sequence[nn.Module]) -> Iterator[NDArray[np.float32]]:
    """The arrays in a graph's order; a bias before a norm shifts the mean that the norm takes away."""
    for before, layer, after in zip([None, *layers], layers, [*layers[1:], None], strict=False):
        match before, layer, after:
            case nn.Conv2d(bias=shift), nn.BatchNorm2d(), _:
                mean, variance = _array(layer.running_mean), _array(layer.running_var)
                yield from (_array(layer.weight), _array(layer.bias))
                yield mean if shift is None else mean - _array(shift)
                yield variance + np.float32(layer.eps - ops.EPSILON)
            case _, nn.Conv2d(), nn.BatchNorm2d():
                yield _array(layer.weight)
            case _, nn.Conv2d() | nn.Linear(), _:
                yield from (_array(layer.weight), _array(layer.bias))


def _array(tensor: torch.Tensor | None) -> NDArray[np.float32]:
    assert tensor is not None  # noqa: S101 - _ops saw to it
    return tensor.detach().cpu().numpy().astype(np.float32)


def _refusal(layer: nn.Module, fault: str) -> SettingError:
    return SettingError(f"{_shown(layer)} {fault}; {_EXPECTED}")


def _shown(layer: nn.Module) -> str:
    return " ".join(repr(layer).split())[:120]
