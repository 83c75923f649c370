"""What a deployed network takes: its constants, and one arena in which a place of values is used again.

The C exports follow this plan. A number takes one byte in integers and four in floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from gossamer.network.graph import IMAGE, Graph, Node
from gossamer.network.ops import Activation, Add, Dense, HardSwish, Kernels, MaxPool

IN_PLACE = (Activation, Add)
"""Ops whose value may lie where an input lay, if nobody reads that any more: they go number by number."""

CODE_BYTES = 3_000
"""What the int8 export's code takes beside its constants, at most, on a Cortex-M3 at -Os."""


@dataclass(frozen=True)
class MemoryPlan:
    """What is computed in which call, and where the values lie.

    Attributes:
        calls: in order, the nodes that are computed in one go; the value of the last of them is stored.
        offsets: by stored value, its first number; the last call's are the logits, which lie elsewhere.
        size: numbers that the arena holds.
    """

    calls: tuple[tuple[Node, ...], ...]
    offsets: dict[str, int]
    size: int


def peak_activation_bytes(graph: Graph) -> int:
    """The bytes of activations, image included, that a folded graph needs in 8-bit integers."""
    return plan_memory(graph).size


def integer_constant_bytes(graph: Graph) -> int:
    """The bytes of a folded graph's constants in 8-bit integers, with what scales their sums.

    A weight takes 1; a channel's bias and multiplier 4 each, and its shift 1. So do a sum's two multipliers
    and its shift. A hard swish is a table of 256.
    """
    total = 0
    for node in graph.nodes:
        match node.op:
            case Kernels() | Dense():
                channels = node.shape[2]
                total += node.parameters - channels + 9 * channels
            case Add():
                total += 9
            case HardSwish():
                total += 256
    return total


def plan_memory(graph: Graph) -> MemoryPlan:
    """The plan of a folded graph; of two orders in which to place values, the one that needs less."""
    calls = _calls(graph)
    blocks = _blocks(graph, calls)
    orders = sorted(blocks, key=lambda block: -block.size), blocks
    size, offsets = min((_placed(order) for order in orders), key=lambda placed: placed[0])
    return MemoryPlan(tuple(calls), offsets, size)


def _calls(graph: Graph) -> list[tuple[Node, ...]]:
    """An activation is computed with what stands before it, a max-pool with a convolution's activation."""
    calls: list[tuple[Node, ...]] = []
    seen: set[str] = set()
    for node in graph.nodes:
        if node.name in seen:
            continue
        match node.op:
            case Kernels():
                chain = graph.chain(node, Activation, MaxPool)
            case Add():
                chain = graph.chain(node, Activation)
            case _:
                chain = [node]
        seen.update(each.name for each in chain)
        calls.append(tuple(chain))
    return calls


@dataclass
class _Block:
    """Numbers that lie in one place from call `first` to call `last`: a value, or several in place."""

    size: int
    first: int
    last: int
    values: list[str] = field(default_factory=list)

    def meets(self, other: "_Block") -> bool:
        return self.first <= other.last and other.first <= self.last


def _blocks(graph: Graph, calls: Sequence[tuple[Node, ...]]) -> list[_Block]:
    last = {name: at for at, call in enumerate(calls) for name in call[0].inputs}
    blocks = {IMAGE: _Block(prod(graph.input_shape), -1, last[IMAGE], [IMAGE])}
    for at, call in enumerate(calls[:-1]):
        name, size = call[-1].name, prod(call[-1].shape)
        ending = [blocks[each] for each in call[0].inputs if blocks[each].last == at]
        if ending and isinstance(call[0].op, IN_PLACE):
            blocks[name] = ending[0]
        else:
            blocks[name] = _Block(size, at, at)
        blocks[name].values.append(name)
        blocks[name].last = last.get(name, at)
    return list({id(block): block for block in blocks.values()}.values())


def _placed(blocks: Sequence[_Block]) -> tuple[int, dict[str, int]]:
    """The arena's size and the values' offsets, each block in the lowest place that is free all its time."""
    placed: list[tuple[int, _Block]] = []
    for block in blocks:
        offset = 0
        for start, other in sorted(placed, key=lambda each: each[0]):
            if block.meets(other) and start < offset + block.size:
                offset = max(offset, start + other.size)
        placed.append((offset, block))
    size = max(offset + block.size for offset, block in placed)
    return size, {name: offset for offset, block in placed for name in block.values}
