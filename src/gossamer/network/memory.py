"""What a deployed network takes: its constants, and one arena in which a place of values is used again.

The C exports follow this plan. A number takes one byte in integers and four in floats. Maps lie pixel by
pixel, so that a call writes in the order in which it reads, and its output may lie over the part of its
input that it has read (diagonal memory optimisation: Blacker et al. 2020, arXiv:2010.01668).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from gossamer.network.graph import IMAGE, Graph, Node
from gossamer.network.ops import (
    Activation,
    Add,
    Convolution,
    Dense,
    DepthwiseConvolution,
    HardSwish,
    Kernels,
    MaxPool,
)

Call = tuple[Node, ...]
"""Nodes that are computed in one go; the value of the last of them is stored."""

FUNCTION_BYTES, CALL_BYTES = 1_900, 50
"""What the int8 export's functions take, and each call of them, at most, on a Cortex-M3 at -Os."""

PIXELS = 2
"""Pixels of a convolution that are computed together."""


@dataclass(frozen=True)
class MemoryPlan:
    """What is computed in which call, and where the values lie.

    Attributes:
        calls: in order.
        offsets: by stored value, its first number; the last call's are the logits, which lie elsewhere.
        arena: numbers that the values take.
        scratch: numbers behind them, for what a convolution reads at once.
    """

    calls: tuple[Call, ...]
    offsets: dict[str, int]
    arena: int
    scratch: int

    @property
    def size(self) -> int:
        """Numbers of the whole buffer."""
        return self.arena + self.scratch


def buffer_bytes(graph: Graph) -> int:
    """The bytes that a folded graph needs in 8-bit integers, image included, beside its constants."""
    return plan_memory(graph).size


def flash_bytes(graph: Graph) -> int:
    """The bytes of flash that a folded graph takes in 8-bit integers, code included, at most about."""
    return integer_constant_bytes(graph) + FUNCTION_BYTES + CALL_BYTES * len(_calls(graph))


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
    """The plan of a folded graph; of several orders in which to place values, the one that needs least."""
    calls = _calls(graph)
    blocks = _blocks(graph, calls)
    backwards = blocks[::-1]
    orders = (
        sorted(blocks, key=lambda block: -block.size),
        sorted(backwards, key=lambda block: -block.size),
        backwards,
    )
    tried = (placed for order in orders for placed in _improved(order))
    arena, offsets = min(tried, key=lambda placed: placed[0])
    return MemoryPlan(tuple(calls), offsets, arena, max(_scratch(call) for call in calls))


def _calls(graph: Graph) -> list[Call]:
    """An activation is computed with what stands before it, a max-pool with a convolution's activation."""
    calls: list[Call] = []
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


def _scratch(call: Call) -> int:
    """Room for the windows of the pixels that are computed together; depthwise, for a pixel of padding."""
    op, (_, _, depth) = call[0].op, call[0].input_shapes[0]
    match op:
        case Convolution() if op.kernel > 1:
            return PIXELS * op.kernel**2 * depth
        case DepthwiseConvolution() if op.kernel > 1:
            return depth
    return 0


@dataclass(frozen=True)
class _Block:
    """A value's numbers, which lie in one place from call `first` to call `last`.

    Attributes:
        value: its name.
        size: how many numbers.
        first: the call that makes it.
        last: the last one that reads it.
        inputs: what that call reads, with how far its first number has to lie before the input's, at least.
    """

    value: str
    size: int
    first: int
    last: int
    inputs: dict[str, int]

    def forbids(self, offset: int, other: "_Block") -> tuple[int, int] | None:
        """Between which two offsets `other` may not lie, if this block lies at `offset`."""
        if self.first > other.last or other.first > self.last:
            return None
        low, high = offset - other.size, offset + self.size
        if other.first == self.last and self.value in other.inputs:
            low = max(low, offset - other.inputs[self.value])
        if self.first == other.last and other.value in self.inputs:
            high = min(high, offset + self.inputs[other.value])
        return low, high


def _blocks(graph: Graph, calls: Sequence[Call]) -> list[_Block]:
    last = {name: at for at, call in enumerate(calls) for name in call[0].inputs}
    blocks = [_Block(IMAGE, prod(graph.input_shape), -1, last[IMAGE], {})]
    for at, call in enumerate(calls[:-1]):
        name, ahead = call[-1].name, _ahead(call)
        inputs = dict.fromkeys(call[0].inputs, ahead)
        blocks.append(_Block(name, prod(call[-1].shape), at, last.get(name, at), inputs))
    return blocks


def _ahead(call: Call) -> int:
    """How far before its input an output has to begin, so that it never covers what is still read."""
    node, op = call[0], call[0].op
    if not isinstance(op, Kernels):
        return 0  # a number, or a window, is read before the number in its place is written
    rows, columns, depth = call[-1].shape
    _, width, maps = node.input_shapes[0]
    stride = op.stride * (2 if isinstance(call[-1].op, MaxPool) else 1)
    if op.kernel == stride == 1:
        pixels = rows * columns
        return max((first + PIXELS) * depth - first * maps for first in (0, max(pixels - PIXELS, 0)))
    # a row is written while the first row under its kernel is needed
    row, below = columns * depth, width * maps
    return max((y + 1) * row - max(y * stride - op.padding, 0) * below for y in range(rows))


def _improved(blocks: Sequence[_Block]) -> Iterator[tuple[int, dict[str, int]]]:
    """What `_placed` finds, and finds again each time that the block at the arena's end comes first."""
    order = list(blocks)
    for _ in blocks:
        size, offsets = _placed(order)
        yield size, offsets
        last = next(at for at, each in enumerate(order) if offsets[each.value] + each.size == size)
        order.insert(0, order.pop(last))


def _placed(blocks: Sequence[_Block]) -> tuple[int, dict[str, int]]:
    """The arena's size and the values' offsets, each block in the lowest place that is free all its time."""
    placed: list[tuple[int, _Block]] = []
    for block in blocks:
        taken = [gap for offset, other in placed if (gap := other.forbids(offset, block))]
        offset = 0
        while conflicts := [high for low, high in taken if low < offset < high]:
            offset = max(conflicts)
        placed.append((offset, block))
    size = max(offset + block.size for offset, block in placed)
    return size, {block.value: offset for offset, block in placed}
