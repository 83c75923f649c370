"""What the words of a network mean: the graph that they are built into, unit by unit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gossamer.errors import SettingError
from gossamer.network import ops
from gossamer.network.graph import IMAGE, Graph
from gossamer.network.ops import Op, Shape, by
from gossamer.network.words import MAX_CHANNELS, Block, Branches, Spelling, Word, shortened

SUM = "(|)"
"""What the unit that adds two branches is called among words."""


def build(spelling: Spelling, input_shape: Shape, classes: int) -> tuple[Graph, dict[str, str]]:
    """The graph that the words spell, and by unit its word.

    Units are numbered by kind: conv1, conv2, pool1, ... and dense; the sum of two branches is sum1, sum2, ...

    Raises:
        SettingError: a word leaves nothing of the image, or adds maps of different shapes.
    """
    builder = _Builder(spelling, classes, {IMAGE: input_shape})
    builder.sequence(spelling.blocks, IMAGE)
    return Graph.of(input_shape, builder.ops), builder.units


@dataclass
class _Builder:
    spelling: Spelling
    classes: int
    shapes: dict[str, Shape]
    ops: list[tuple[str, Op, tuple[str, ...]]] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def sequence(self, blocks: Sequence[Block], value: str, *, linear: bool = False) -> str:
        """Build blocks behind `value`, without the last activation if `linear`; the value that they make."""
        for at, block in enumerate(blocks, 1):  # a repeated block is one object, so `is` finds no last one
            without = linear and at == len(blocks)
            if isinstance(block, Word):
                value = self.word(block, value, linear=without)
            else:
                value = self.branches(block, value)
        return value

    def word(self, word: Word, value: str, *, linear: bool) -> str:
        unit = self.unit(word.kind, str(word))
        given = self.shapes[value]
        if word.kind == "inv" and given[2] * word.expansion > MAX_CHANNELS:
            raise self.refusal(
                word, f"expands {given[2]} channels {word.expansion} times; expected at most {MAX_CHANNELS}"
            )
        made = value
        for part, op in _body(word, given[2], self.spelling, self.classes):
            made = self.add_op(f"{unit}.{part}" if part else unit, op, made)
            if min(self.shapes[made]) < 1:
                raise self.refusal(
                    word, f"would leave nothing of {by(given)}; use fewer pools and strides or larger images"
                )
        if word.added:
            made = self.add_sum(
                f"{unit}.add", (value, made), word, "cannot add its input, {}, to its output, {}"
            )
        if word.kind in {"conv", "dw", "sep"} and not linear:
            made = self.activate(unit, made)
        return made

    def branches(self, branches: Branches, value: str) -> str:
        ends = tuple(
            self.sequence(branch, value, linear=True) for branch in (branches.first, branches.second)
        )
        unit = self.unit("sum", SUM)
        made = self.add_sum(unit, ends, _first(branches), "begins branches that make {} and {}: no sum")
        return self.activate(unit, made)

    def unit(self, kind: str, word: str) -> str:
        """The name of the next unit of a kind."""
        self.seen[kind] = self.seen.get(kind, 0) + 1
        name = kind if kind == "dense" else f"{kind}{self.seen[kind]}"
        self.units[name] = word
        return name

    def activate(self, unit: str, value: str) -> str:
        activation: ops.Activation = self.spelling.activation()
        return self.add_op(f"{unit}.{activation.name}", activation, value)

    def add_sum(self, name: str, values: tuple[str, ...], word: Word, fault: str) -> str:
        first, second = (self.shapes[each] for each in values)
        if first != second:
            raise self.refusal(word, fault.format(by(first), by(second)))
        return self.add_op(name, ops.Add(), *values)

    def add_op(self, name: str, op: Op, *inputs: str) -> str:
        self.ops.append((name, op, inputs))
        self.shapes[name] = op.output_shape(*(self.shapes[each] for each in inputs))
        return name

    def refusal(self, word: Word, fault: str) -> SettingError:
        return SettingError(
            f"network {shortened(self.spelling.text)}: word {word.place}, {str(word)!r}, {fault}"
        )


def _first(block: Block) -> Word:
    return block if isinstance(block, Word) else _first(block.first[0])


def _body(word: Word, channels: int, spelling: Spelling, classes: int) -> Iterator[tuple[str, Op]]:
    """The ops of a word before its sum and last activation, by their names in the unit ("" is its own)."""
    bias = not spelling.norm

    def normed(part: str, op: Op) -> Iterator[tuple[str, Op]]:
        yield part, op
        if spelling.norm:
            yield f"{part}.norm" if part else "norm", ops.Norm()

    def activated(part: str, op: Op) -> Iterator[tuple[str, Op]]:
        yield from normed(part, op)
        yield f"{part}.{spelling.activation.name}", spelling.activation()

    depthwise = ops.DepthwiseConvolution(word.kernel, word.stride, bias)
    match word.kind:
        case "conv":
            yield from normed("", ops.Convolution(word.channels, word.kernel, word.stride, bias))
        case "dw":
            yield from normed("", depthwise)
        case "sep":
            yield from normed("depthwise", depthwise)
            yield from normed("pointwise", ops.Convolution(word.channels, 1, 1, bias))
        case "inv":
            if word.expansion > 1:
                yield from activated("expand", ops.Convolution(channels * word.expansion, 1, 1, bias))
            yield from activated("depthwise", depthwise)
            yield from normed("project", ops.Convolution(word.channels, 1, 1, bias))
        case "pool":
            yield "", ops.MaxPool()
        case "avg":
            yield "", ops.AveragePool()
        case "gap":
            yield "", ops.Mean()
        case "dense":
            yield "", ops.Dense(classes)
        case _:
            raise AssertionError(f"the word {word.kind!r} is spelled, but stands for nothing")
