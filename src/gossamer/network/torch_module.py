"""A network as a torch.nn.Sequential, and back: for those who train or go on elsewhere with PyTorch."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from gossamer.errors import SettingError
from gossamer.network.architecture import KERNELS, Architecture
from gossamer.network.layers import Convolution, Dense, GlobalAveragePool, MaxPool, Shape
from gossamer.network.model import Model
from gossamer.network.scaling import PIXELS, Scaling, Values
from gossamer.network.weights import Weights

_EXPECTED = (
    "expected, in this order, Conv2d each with a ReLU and MaxPool2d(2), AdaptiveAvgPool2d(1), Flatten, and"
    " last"
    " a Linear"
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


def module_of(model: Model) -> nn.Sequential:
    """The model as a module from numbers (N, C, H, W), as in its training data, to logits (N, classes)."""
    scaling = MinMaxScaling(**asdict(model.scaling), **asdict(model.values))
    return nn.Sequential(scaling, *layers_of(model.network, model.weights))


def layers_of(network: Architecture, weights: Weights) -> nn.Sequential:
    """The network as a module from scaled floats (N, C, H, W) to logits, holding a copy of `weights`."""
    modules: list[nn.Module] = []
    for stage in network.stages:
        channels = stage.input_shape[2]
        match stage.layer:
            case Convolution(channels=out, kernel=kernel) as layer:
                convolution = nn.Conv2d(channels, out, kernel, padding=layer.padding, device="meta")
                modules += [convolution, nn.ReLU()]
            case MaxPool(kernel=kernel, stride=stride):
                modules.append(nn.MaxPool2d(kernel, stride))
            case GlobalAveragePool():
                modules.append(nn.AdaptiveAvgPool2d(1))
            case Dense() as layer:
                outputs, inputs = layer.weight_shape(stage.input_shape)
                modules += [nn.Flatten(), nn.Linear(inputs, outputs, device="meta")]
    # made without values ("meta") and then filled, so that torch's own random stream stays where it is
    module = nn.Sequential(*modules).to_empty(device="cpu")
    with torch.no_grad():
        for parameter, name in zip(module.parameters(), network.weight_shapes, strict=True):
            parameter.copy_(torch.tensor(weights[name]))
    return module


def from_torch(module: nn.Sequential, input_shape: Shape, classes: Sequence[str] | None = None) -> Model:
    """The model that a module is, for images (H, W, C); its outputs are the module's in evaluation.

    A first `MinMaxScaling` is the model's scaling; without one, the module is taken to expect pixels divided
    by 255. A ReLU may stand before or after its convolution's pool, which is the same. Classes are called 0,
    1 and so on if they have no names.

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
        case nn.AdaptiveAvgPool2d(output_size=1 | (1, 1)):
            return "gap"
        case nn.ReLU():
            return ""
        case nn.Linear() if at_the_end and layer.bias is not None:
            return "dense"
    raise _refusal(layer, "has no counterpart")


def _check_activations(layers: Sequence[nn.Module]) -> None:
    """See that every convolution has a ReLU, at once or after its pools, and nothing else has one."""
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
