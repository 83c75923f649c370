"""Figure 1 and Table 1: the network, layer by layer, with Eq. (1) and Eq. (2) worked out."""

from dataclasses import dataclass
from math import log2

from gossamer.network import Architecture, Convolution, Dense, GlobalAveragePool, MaxPool, Shape, Stage

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


def blocks(network: Architecture) -> list[Block]:
    """The input and every layer."""
    largest = max(network.input_shape[:2])
    begin = _block("input", network.input_shape, 0, "pixels, scaled to [0, 1]", "", "", largest)
    return [begin, *(_layer_block(stage, largest) for stage in network.stages)]


def _layer_block(stage: Stage, largest: int) -> Block:
    layer, (height, width, channels) = stage.layer, stage.input_shape
    inputs = height * width * channels
    size = total = ""
    match layer:
        case Convolution(kernel=k):
            work = f"{k} × {k} convolution, padding {layer.padding}, stride 1, ReLU"
            size = _eq_1(stage, k, layer.padding, 1)
            total = f"{k} · {k} · {channels:,} · {layer.channels:,} + {layer.channels:,}"
        case MaxPool():
            work = "2 × 2 maximum, stride 2"
            size = _eq_1(stage, layer.kernel, 0, layer.stride)
        case GlobalAveragePool():
            work = "mean of each channel"
        case Dense():
            work = f"flattens to {inputs:,}, maps to {layer.classes:,} classes, softmax"
            total = f"{inputs:,} · {layer.classes:,} + {layer.classes:,}"
    return _block(layer.word, stage.output_shape, stage.parameters, work, size, total, largest)


def _eq_1(stage: Stage, kernel: int, padding: int, stride: int) -> str:
    """Eq. (1) for the rows, and for the columns where they differ."""
    sides = dict.fromkeys(zip(stage.input_shape[:2], stage.output_shape[:2], strict=True))
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
