"""Figure 1 and Table 1: the network, layer by layer, with Eq. (1) and Eq. (2) worked out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import log2, prod
from typing import Any

from gossamer.network import Architecture, Node, Op, Shape, Unit, ops
from gossamer.network import words as spelling

WIDTH, HEIGHT = 150, 160
"""Of a block's drawing, with its three lines of text."""
BASE = 98
"""Where the blocks stand."""
LARGEST_FACE, LARGEST_DEPTH = 68.0, 34.0


@dataclass(frozen=True)
class Block:
    """A feature map as a box in perspective, and what to write beneath it.

    Attributes:
        word: the layer's word, or "input".
        output: its output's shape as text.
        parameters: weights and biases.
        work: what it does to its input.
        size: Eq. (1) worked out for one side, or the like.
        sum: Eq. (2) worked out, or the like.
        front: corners of the box's front as an SVG point list.
        top: of its top.
        side: of its side.
    """

    word: str
    output: str
    parameters: int
    work: str
    size: str
    sum: str
    front: str
    top: str
    side: str


@dataclass(frozen=True)
class Branches:
    """Two rows of blocks side by side, whose results the next block adds; the second may be empty."""

    first: "tuple[Drawn, ...]"
    second: "tuple[Drawn, ...]"


Drawn = Block | Branches


def blocks(network: Architecture) -> list[Block]:
    """The input and every word of the network."""
    largest = max(network.input_shape[:2])
    begin = _block("input", network.input_shape, 0, "pixels, scaled to [0, 1]", "", "", largest)
    return [begin, *(_unit_block(unit, largest) for unit in network.units)]


def drawn(network: Architecture) -> list[Drawn]:
    """The same blocks, those of branches side by side."""
    begin, *rest = blocks(network)
    return [begin, *_arranged(spelling.parse_words(network.words).blocks, iter(rest))]


def _arranged(words: Sequence[spelling.Block], blocks: Iterator[Block]) -> Iterator[Drawn]:
    for word in words:
        if isinstance(word, spelling.Branches):
            yield Branches(tuple(_arranged(word.first, blocks)), tuple(_arranged(word.second, blocks)))
        yield next(blocks)


@dataclass(frozen=True)
class Said:
    """What is written of a node: what it does, Eq. (1) and Eq. (2) worked out."""

    work: str
    size: str = ""
    sum: str = ""


def _convolution(name: str, op: ops.Kernels, node: Node) -> Said:
    k, channels, per_output = op.kernel, node.shape[2], op.weight_shape(node.input_shapes[0][2])[1]
    total = f"{k} · {k} · {f'{per_output:,} · ' * (name == 'convolution')}{channels:,}"
    total += f" + {channels:,}" * op.bias
    if k == op.stride == 1:
        return Said(f"1 × 1 {name}", sum=total)
    work = f"{k} × {k} {name}, padding {op.padding}, stride {op.stride}"
    return Said(work, _eq_1(node, k, op.padding, op.stride), total)


def _pool(number: str, op: ops.Pool, node: Node) -> Said:
    return Said(f"2 × 2 {number}, stride 2", _eq_1(node, op.kernel, 0, op.stride))


def _dense(op: ops.Dense, node: Node) -> Said:
    inputs = prod(node.input_shapes[0])
    work = f"flattens to {inputs:,}, maps to {op.classes:,} classes, softmax"
    return Said(work, sum=f"{inputs:,} · {op.classes:,} + {op.classes:,}")


def _add(_: ops.Add, node: Node) -> Said:
    return Said("sum of both branches" if node.name == node.unit else "sum with the input")


SAID: dict[type[Op], Callable[[Any, Node], Said]] = {
    ops.Convolution: partial(_convolution, "convolution"),
    ops.DepthwiseConvolution: partial(_convolution, "depthwise convolution"),
    ops.Norm: lambda _, node: Said("batch norm", sum=f"2 · {node.shape[2]:,}"),
    ops.Relu: lambda _, __: Said("ReLU"),
    ops.Relu6: lambda _, __: Said("ReLU6"),
    ops.HardSwish: lambda _, __: Said("hard swish"),
    ops.MaxPool: partial(_pool, "maximum"),
    ops.AveragePool: partial(_pool, "mean"),
    ops.Mean: lambda _, __: Said("mean of each channel"),
    ops.Add: _add,
    ops.Dense: _dense,
}


def _unit_block(unit: Unit, largest: int) -> Block:
    said = [SAID[type(node.op)](node.op, node) for node in unit.nodes]
    work, size, total = (
        joint.join(filter(None, parts))
        for joint, parts in (
            (", ", (each.work for each in said)),
            ("; ", (each.size for each in said)),
            (" + ", (each.sum for each in said)),
        )
    )
    return _block(unit.word, unit.output_shape, unit.parameters, work, size, total, largest)


def _eq_1(node: Node, kernel: int, padding: int, stride: int) -> str:
    """Eq. (1) for the rows, and for the columns where they differ."""
    sides = dict.fromkeys(zip(node.input_shapes[0][:2], node.shape[:2], strict=True))
    return "; ".join(f"⌊({n:,} + 2 · {padding} − {kernel}) / {stride}⌋ + 1 = {out:,}" for n, out in sides)


def _block(word: str, shape: Shape, parameters: int, work: str, size: str, total: str, largest: int) -> Block:
    """Sides are drawn to scale; the depth grows with the logarithm of the channels."""
    height, width, channels = shape
    tall, wide = (max(LARGEST_FACE * n / largest, 4.0) for n in (height, width))
    depth = min(3.0 + 4 * log2(channels), LARGEST_DEPTH)
    left, slant = (WIDTH - wide - depth) / 2 + 8, depth * 0.7  # 8: the arrow's share of the left
    right, roof = left + wide, BASE - tall
    back = roof - slant
    return Block(
        word,
        " × ".join(f"{n:,}" for n in shape) if max(shape[:2]) > 1 else f"{channels:,}",
        parameters,
        work,
        size,
        total,
        front=_points((left, BASE), (left, roof), (right, roof), (right, BASE)),
        top=_points((left, roof), (left + depth, back), (right + depth, back), (right, roof)),
        side=_points((right, BASE), (right, roof), (right + depth, back), (right + depth, BASE - slant)),
    )


def _points(*corners: tuple[float, float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
