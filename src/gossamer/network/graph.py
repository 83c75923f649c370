"""A network as a graph: nodes in evaluation order, each an op on values that stand before it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gossamer.network.ops import Op, Parameter, Shape

IMAGE = "image"
"""The name of the value that the network is given."""

Weights = dict[str, NDArray[np.float32]]
"""By the array's name, as `Graph.arrays` lists them: what is trained, and norms' statistics."""


@dataclass(frozen=True)
class Node:
    """An op in its place.

    Attributes:
        name: of the node and of the value that it makes, such as "conv1" or "conv1.relu"; what stands before
            the first point names the unit, the word of the network that the node is a part of.
        op: what it does.
        inputs: the names of the values it reads.
        input_shapes: their shapes.
        shape: of the value that it makes.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape

    @property
    def unit(self) -> str:
        """The name of the unit it is a part of."""
        return self.name.partition(".")[0]

    @property
    def arrays(self) -> tuple[Parameter, ...]:
        """Its parameters under their full names, such as "conv1.weight"."""
        found = self.op.parameters(*self.input_shapes)
        return tuple(replace(each, name=f"{self.name}.{each.name}") for each in found)

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(each.size for each in self.arrays if each.trained)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds for one image."""
        return self.op.multiply_adds(*self.input_shapes)


@dataclass(frozen=True)
class Graph:
    """Nodes in evaluation order; the last one makes the logits."""

    input_shape: Shape
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, input_shape: Shape, ops: Iterable[tuple[str, Op, tuple[str, ...]]]) -> "Graph":
        """The graph of (name, op, names of inputs) in evaluation order.

        Raises:
            SettingError: an op does not take inputs of such shapes.
        """
        shapes, nodes = {IMAGE: input_shape}, []
        for name, op, inputs in ops:
            given = tuple(shapes[each] for each in inputs)
            shapes[name] = op.output_shape(*given)
            nodes.append(Node(name, op, inputs, given, shapes[name]))
        return cls(input_shape, tuple(nodes))

    @property
    def output(self) -> str:
        """The value that the graph is there for."""
        return self.nodes[-1].name

    @cached_property
    def readers(self) -> dict[str, list[Node]]:
        """By value, the nodes that read it."""
        found: dict[str, list[Node]] = {IMAGE: [], **{node.name: [] for node in self.nodes}}
        for node in self.nodes:
            for name in node.inputs:
                found[name].append(node)
        return found

    @property
    def is_chain(self) -> bool:
        """Whether every node reads just what the one before it makes."""
        before = [IMAGE, *(node.name for node in self.nodes)]
        return all(node.inputs == (name,) for node, name in zip(self.nodes, before, strict=False))

    @cached_property
    def arrays(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the nodes."""
        return tuple(each for node in self.nodes for each in node.arrays)

    def chain(self, node: Node, *ops: type[Op]) -> list[Node]:
        """`node` and as many of `ops` as follow it, each alone in reading what stands before it.

        That is what may be computed in one go, since nobody else asks for the values in between.
        """
        found = [node]
        for op in ops:
            match self.readers[found[-1].name]:
                case [next_one] if isinstance(next_one.op, op):
                    found.append(next_one)
                case _:
                    break
        return found
