"""A network as a torch.nn.Sequential, and back: for those who train or go on elsewhere with PyTorch."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from gossamer.errors import SettingError
from gossamer.network.architecture import KERNELS, Architecture
from gossamer.network.layers import Convolution, Dense, GlobalAveragePool, MaxPool, Shape
from gossamer.network.model import Model, Scaling
from gossamer.network.weights import Weights

_EXPECTED = (
    "expected, in this order, Conv2d each with a ReLU and MaxPool2d(2), AdaptiveAvgPool2d(1), Flatten, and"
    " last"
    " a Linear"
)
_NOTHING = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Flatten)
"""Modules that leave an evaluated network what it is, or that `dense` does of its own accord."""


class MinMaxScaling(nn.Module):
    """Pixels of any type, minimum to maximum, as float32 from 0 to 1."""

    def __init__(self, minimum: float = 0.0, maximum: float = 255.0) -> None:
        super().__init__()
        self.minimum, self.maximum = minimum, maximum

    def forward(self, pixels: Tensor) -> Tensor:
        """The scaled pixels, of the same shape."""
        return (pixels.to(torch.float32) - self.minimum) / (self.maximum - self.minimum)

    def extra_repr(self) -> str:
        """The two numbers."""
        return f"{self.minimum:g}, {self.maximum:g}"


def module_of(model: Model) -> nn.Sequential:
    """The model as a module from pixels (N, C, H, W), as they are in the images, to logits (N, classes)."""
    scaling = MinMaxScaling(model.scaling.minimum, model.scaling.maximum)
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
    """
    layers = [each for each in _flat(module) if not isinstance(each, _NOTHING)]
    scaling = Scaling()
    if layers and isinstance(layers[0], MinMaxScaling):
        scaling = Scaling(layers[0].minimum, layers[0].maximum)
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
    return Model(network, dict(zip(network.weight_shapes, arrays, strict=True)), scaling, names, {})


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
