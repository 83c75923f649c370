"""A network as pure data: its words, an input shape and a number of classes, and what follows from them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from gossamer.errors import SettingError
from gossamer.network.blocks import build
from gossamer.network.fold import fold_graph
from gossamer.network.graph import Graph, Node
from gossamer.network.memory import buffer_bytes, flash_bytes
from gossamer.network.ops import Norm, Shape, by
from gossamer.network.words import parse_words


@dataclass(frozen=True)
class Unit:
    """The nodes of one word."""

    word: str
    nodes: tuple[Node, ...]

    @property
    def name(self) -> str:
        """Such as "conv1"."""
        return self.nodes[0].unit

    @property
    def input_shape(self) -> Shape:  # noqa: D102
        return self.nodes[0].input_shapes[0]

    @property
    def output_shape(self) -> Shape:  # noqa: D102
        return self.nodes[-1].shape

    @property
    def parameters(self) -> int:  # noqa: D102
        return sum(node.parameters for node in self.nodes)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image."""
        return sum(node.multiply_adds for node in self.nodes)


@dataclass(frozen=True)
class Architecture:
    """What a network is, without its weights; build one with `parse`.

    Attributes:
        words: the network in words, spelled one way.
        input_shape: of an image.
        classes: how many there are.
        graph: what the words stand for.
        words_of_units: by the unit's name, the word that it is built from.
    """

    words: str
    input_shape: Shape
    classes: int
    graph: Graph = field(compare=False, repr=False)
    words_of_units: dict[str, str] = field(compare=False, repr=False)

    @classmethod
    def parse(cls, words: str, input_shape: Shape, classes: int) -> "Architecture":
        """The network that `words` write left to right, such as "conv16 pool conv32 pool dense".

        Raises:
            SettingError: an unknown word, a missing or misplaced one, a sum of maps of different shapes, or
                an image too small for the pools and strides.
        """
        if min(input_shape) < 1:
            raise SettingError(f"an input of {by(input_shape)} is empty; expected HxWxC, such as 28x28x1")
        if classes < 2:
            raise SettingError(f"a classifier needs at least 2 classes; got {classes}")
        spelling = parse_words(words)
        graph, units = build(spelling, input_shape, classes)
        return cls(str(spelling), input_shape, classes, graph, units)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The graph's nodes word by word."""
        parts = groupby(self.graph.nodes, key=lambda node: node.unit)
        return tuple(Unit(self.words_of_units[name], tuple(nodes)) for name, nodes in parts)

    @cached_property
    def folded(self) -> "Architecture":
        """The network as it is deployed: without `bn`, its norms in the convolutions before them."""
        if not self.has_norms:
            return self
        return replace(self, words=self.words.removeprefix("bn "), graph=fold_graph(self.graph))

    @property
    def has_norms(self) -> bool:
        """Whether training normalizes over batches."""
        return any(isinstance(node.op, Norm) for node in self.graph.nodes)

    @property
    def parameters(self) -> int:
        """How many numbers are trained, those of norms included: what a budget counts."""
        return sum(node.parameters for node in self.graph.nodes)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one image's forward pass."""
        return sum(node.multiply_adds for node in self.graph.nodes)

    @cached_property
    def activation_bytes(self) -> int:
        """The memory for activations, image included, of the deployed network in 8-bit integers."""
        return buffer_bytes(self.folded.graph)

    @cached_property
    def flash_bytes(self) -> int:
        """The flash that the deployed network takes in 8-bit integers, code included, about."""
        return flash_bytes(self.folded.graph)

    @cached_property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every array's name and shape, node by node: `conv1.weight`, `conv1.bias`, ...; statistics too."""
        return {each.name: each.shape for each in self.graph.arrays}

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """The names of the arrays that the optimizer changes."""
        return tuple(each.name for each in self.graph.arrays if each.trained)

    @cached_property
    def decayed(self) -> tuple[str, ...]:
        """The names of the trained arrays that weight decay shrinks: kernels, neither biases nor norms."""
        return tuple(each.name for each in self.graph.arrays if each.trained and len(each.shape) > 1)

    @cached_property
    def statistics(self) -> tuple[str, ...]:
        """The names of the other arrays, which norms keep."""
        return tuple(each.name for each in self.graph.arrays if not each.trained)
