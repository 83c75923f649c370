"""A network as pure data: words, an input shape and a number of classes, and what follows from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from gossamer.errors import SettingError
from gossamer.network.layers import Convolution, Dense, GlobalAveragePool, Layer, MaxPool, Shape

MAX_CHANNELS = 4096
KERNELS = (1, 3, 5, 7)
MAX_WORDS = 64

_CONVOLUTION = re.compile(r"conv([1-9][0-9]{0,3})(?:k([0-9]))?")
_VOCABULARY = "convC, convCkK (K one of 1, 3, 5, 7), pool, gap, dense"


@dataclass(frozen=True)
class Stage:
    """A layer in its place: its name in the network and the shapes it stands between."""

    name: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape

    @property
    def parameters(self) -> int:
        """Weights and biases, by Eq. (2)."""
        return self.layer.parameters(self.input_shape)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one image's forward pass."""
        return self.layer.multiply_adds(self.input_shape)


@dataclass(frozen=True)
class Architecture:
    """What a network is, without its weights; build one with `parse`."""

    layers: tuple[Layer, ...]
    input_shape: Shape
    classes: int

    @classmethod
    def parse(cls, words: str, input_shape: Shape, classes: int) -> "Architecture":
        """The network that `words` write left to right, such as "conv16 pool conv32 pool dense".

        Raises:
            SettingError: an unknown word, a missing or misplaced one, or an image too small for the pools.
        """
        if min(input_shape) < 1:
            raise SettingError(f"an input of {_by(input_shape)} is empty; expected HxWxC, such as 28x28x1")
        if classes < 2:
            raise SettingError(f"a classifier needs at least 2 classes; got {classes}")
        names = words.split()
        if not 1 <= len(names) <= MAX_WORDS:
            raise SettingError(f"a network has 1 to {MAX_WORDS} words; got {len(names)} in {words[:80]!r}")
        layers = tuple(_layer(name, place, words, classes) for place, name in enumerate(names, 1))
        for place, layer in enumerate(layers, 1):
            last = place == len(layers)
            if isinstance(layer, Dense) != last:
                raise SettingError(
                    f"network {words!r}: word {place} is {layer.word!r};"
                    f" {'the last word must be' if last else 'only the last word may be'} 'dense'"
                )
        network = cls(layers, input_shape, classes)
        for place, stage in enumerate(network.stages, 1):
            if min(stage.output_shape) < 1:
                raise SettingError(
                    f"network {words!r}: word {place}, {stage.layer.word!r}, would leave nothing of"
                    f" {_by(stage.input_shape)}; use fewer pools or larger images"
                )
        return network

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The layers in their places, first to last."""
        return tuple(self._stages())

    def _stages(self) -> Iterator[Stage]:
        shape, seen = self.input_shape, dict[str, int]()
        for layer in self.layers:
            kind = "conv" if isinstance(layer, Convolution) else layer.word
            seen[kind] = seen.get(kind, 0) + 1
            name = kind if isinstance(layer, Dense) else f"{kind}{seen[kind]}"
            stage = Stage(name, layer, shape, layer.output_shape(shape))
            yield stage
            shape = stage.output_shape

    @property
    def words(self) -> str:
        """The network in its own words, spelled one way: "conv16k3" is "conv16"."""
        return " ".join(layer.word for layer in self.layers)

    @property
    def parameters(self) -> int:
        """All weights and biases."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one image's forward pass."""
        return sum(stage.multiply_adds for stage in self.stages)

    @cached_property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every weight array's name and shape, layer by layer: `conv1.weight`, `conv1.bias`, ..."""
        shapes: dict[str, tuple[int, ...]] = {}
        for stage in self.stages:
            if isinstance(stage.layer, Convolution | Dense):
                shape = stage.layer.weight_shape(stage.input_shape)
                shapes[f"{stage.name}.weight"] = shape
                shapes[f"{stage.name}.bias"] = shape[:1]
        return shapes


def _layer(name: str, place: int, words: str, classes: int) -> Layer:
    simple: dict[str, Layer] = {"pool": MaxPool(), "gap": GlobalAveragePool(), "dense": Dense(classes)}
    if name in simple:
        return simple[name]
    where = f"network {words!r}: word {place}, {name!r},"
    if match := _CONVOLUTION.fullmatch(name):
        channels, kernel = int(match[1]), int(match[2] or 3)
        if kernel not in KERNELS:
            raise SettingError(f"{where} has kernel {kernel}; expected one of {', '.join(map(str, KERNELS))}")
        if channels > MAX_CHANNELS:
            raise SettingError(f"{where} has {channels} channels; expected at most {MAX_CHANNELS}")
        return Convolution(channels, kernel)
    near = get_close_matches(name, [*simple, "conv16"], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise SettingError(f"{where} is unknown{hint} Known words: {_VOCABULARY}")


def _by(shape: Shape) -> str:
    return "x".join(map(str, shape))
