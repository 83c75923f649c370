"""A network in 8-bit integers: what the int8 C export computes, exactly, in NumPy.

A number n from 0 to 255 stands for scale * (n - zero); every value of the graph has one scale and one zero
(Jacob et al. 2018). Weights are symmetric, scaled channel by channel (Krishnamoorthi 2018). Sums are 32-bit
integers; one becomes a number by a 32-bit multiplier and a shift, rounded half up. Means are rounded half to
even, as ONNX's quantization rounds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import frexp
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gossamer.errors import ExportError
from gossamer.export.ranges import LEVELS, RULES, Range, observe
from gossamer.network import IMAGE, Graph, Model, Node, Op, ops
from gossamer.network.reference import (
    FUNCTIONS,
    Floats,
    convolve,
    convolve_depthwise,
    pool_windows,
)
from gossamer.reprs import Summarized

LOGIT_BITS = 16
"""Logits are whole numbers of 2^-LOGIT_BITS."""
LARGEST_SUM = 2**31 - 1
LARGEST = LEVELS


@dataclass(frozen=True)
class Scale:
    """What numbers stand for: n for scale * (n - zero)."""

    scale: float
    zero: int = 0

    @classmethod
    def over(cls, values: Range) -> "Scale":
        """The scale that spreads 0 to 255 over a range; any will do where all values are 0."""
        low, high = values
        scale = ((high - low) or 1.0) / LARGEST
        return cls(scale, min(round(-low / scale), LARGEST))

    def numbers(self, values: ArrayLike) -> Floats:
        """The numbers nearest to values."""
        return np.asarray(np.clip(np.rint(np.divide(values, self.scale)) + self.zero, 0, LARGEST))


@dataclass(frozen=True, eq=False, repr=False)
class QuantizedNode(Summarized):
    """A node in integers.

    Attributes:
        node: the node.
        inputs: what the numbers of its inputs stand for.
        output: what those that it makes do.
        constants: its integers by name. Of convolutions and dense layers: `weight` int8 of the parameter's
            shape, `bias` int32 in units of a sum; `multiplier` int32 and `shift` uint8 per channel, a number
            being sum * multiplier / 2^shift, and the shift of convolutions above 32. Of additions:
            `multiplier` per input and one `shift` above 24. Of hard swishes: `table` uint8 (256,), by the
            input's number that of the output.
    """

    node: Node
    inputs: tuple[Scale, ...]
    output: Scale
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class QuantizedNetwork(Summarized):
    """A network in integers: what a pixel stands for, and the graph's nodes."""

    pixel: Scale
    nodes: tuple[QuantizedNode, ...]

    def values(self, images: NDArray[np.uint8]) -> Iterator[tuple[QuantizedNode, Floats]]:
        """Every node with the numbers that it makes of images (N, H, W, C); the last ones are the logits."""
        # float64 holds every sum exactly: they stay below 2^31
        values = {IMAGE: np.ascontiguousarray(images.transpose(0, 3, 1, 2)).astype(np.float64)}
        for each in self.nodes:
            given = [values[name] for name in each.node.inputs]
            values[each.node.name] = OPERATIONS[type(each.node.op)].run(each, *given)
            yield each, values[each.node.name]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The logits (N, classes) of images (N, H, W, C), in units of 2^-LOGIT_BITS."""
        *_, (_, logits) = self.values(images)
        return logits.astype(np.int64)


@dataclass(frozen=True, eq=False, repr=False)
class Quantized(Summarized):
    """A network in integers with what its rule was selected by.

    Attributes:
        network: the network.
        ranges: of its values, by node.
        rule: by which they were taken, one of RULES.
        errors: by rule, the root mean square of what integers change in logits of images that it was selected
            by.
    """

    network: QuantizedNetwork
    ranges: dict[str, Range]
    rule: str
    errors: dict[str, float]


def quantize_best(
    model: Model, calibration: NDArray[np.uint8], check: NDArray[np.uint8], logits: NDArray[np.floating]
) -> Quantized:
    """The network in integers by the rule that changes the logits least.

    Args:
        model: the model.
        calibration: training images (N, H, W, C), from which ranges are taken.
        check: other images (N, H, W, C).
        logits: the model's logits of those (N, classes).

    Raises:
        ExportError: as `quantize_over`.
    """
    seen = observe(model.folded, calibration)
    ranges = {rule: {name: of(each) for name, each in seen.items()} for rule, of in RULES.items()}
    networks = {rule: quantize_over(model, found) for rule, found in ranges.items()}
    errors = {
        rule: float(np.sqrt(np.square(network.logits(check) * 2.0**-LOGIT_BITS - logits).mean()))
        for rule, network in networks.items()
    }
    best = min(errors, key=lambda rule: errors[rule])
    return Quantized(networks[best], ranges[best], best, errors)


def quantize(model: Model, calibration: NDArray[np.uint8]) -> QuantizedNetwork:
    """The folded network in integers, ranges from the lowest to the highest value for images (N, H, W, C).

    Raises:
        ExportError: as `quantize_over`.
    """
    seen = observe(model.folded, calibration)
    return quantize_over(model, {name: RULES["min-max"](each) for name, each in seen.items()})


def quantize_over(model: Model, ranges: Mapping[str, Range]) -> QuantizedNetwork:
    """The folded network in integers, with these ranges of its values.

    Raises:
        ExportError: the pixel that stands for 0 is no whole number from 0 to 255, or a sum may leave 32 bits.
    """
    model = model.folded
    low = model.scaling.minimum
    if round(low) != low or not 0 <= low <= LARGEST:
        raise ExportError(
            f"the model takes the pixel {low:g} for 0; an export in integers needs a whole number from 0 to"
            " 255: export it in floats"
        )
    pixel, graph = Scale(1 / (model.scaling.maximum - low), round(low)), model.network.graph
    scales, nodes = {IMAGE: pixel}, []
    for node in graph.nodes:
        given = tuple(scales[name] for name in node.inputs)
        made = OPERATIONS[type(node.op)].quantize(model, node, given, _decided(graph, node, ranges))
        scales[node.name] = made.output
        nodes.append(made)
    return QuantizedNetwork(pixel, tuple(nodes))


def _decided(graph: Graph, node: Node, ranges: Mapping[str, Range]) -> Range:
    """The range of a node's value, without what an activation that alone reads it makes one number of."""
    low, high = ranges[node.name]
    follower = graph.chain(node, ops.Activation)[-1]
    match follower.op:
        case ops.Relu() | ops.Relu6():
            return ranges[follower.name]
        case ops.HardSwish():
            return max(low, -3.0), high
    return low, high


def _weighted(model: Model, node: Node, given: Sequence[Scale], output: Scale, unit: float) -> QuantizedNode:
    """A convolution or a dense layer whose sums become multiples of `unit`."""
    (before,) = given
    weight = model.weights[f"{node.name}.weight"].astype(np.float64)
    axes = tuple(range(1, weight.ndim))
    bias = model.weights[f"{node.name}.bias"].astype(np.float64)
    steps = _steps(weight, bias, before, unit)
    integers = np.clip(np.rint(weight / steps.reshape(-1, *[1] * len(axes))), -127, 127).astype(np.int8)
    bias = np.rint(bias / (before.scale * steps))
    # C adds up numbers, and then the bias without the zeros' share
    sums = (LARGEST + before.zero) * np.abs(integers.astype(np.float64)).sum(axis=axes) + np.abs(bias)
    if sums.max() > LARGEST_SUM:
        raise ExportError(
            f"{node.name}: a sum of it may leave 32 bits in integers; export the model in floats"
        )
    if isinstance(node.op, ops.Dense) and (sums * before.scale * steps).max() > LARGEST_SUM * unit:
        raise ExportError(
            f"{node.name}: a logit of it may leave 32 bits in integers; export the model in floats"
        )
    found = [_fixed_point(before.scale * step / unit) for step in steps]
    constants: dict[str, NDArray[Any]] = {
        "weight": integers,
        "bias": bias.astype(np.int32),
        "multiplier": np.array([multiplier for multiplier, _ in found], np.int32),
        "shift": np.array([shift for _, shift in found], np.uint8),
    }
    return QuantizedNode(node, (before,), output, constants)


def _steps(weight: Floats, bias: Floats, before: Scale, unit: float) -> Floats:
    """What an integer of each channel's weights stands for, its sums becoming multiples of `unit`."""
    # of a channel whose weights are next to nothing, the bias and the multiplier have to fit 31 bits as well
    least = np.maximum(np.abs(bias) / 2**30, unit / 2**30) / before.scale
    return np.asarray(np.maximum(np.abs(weight).max(axis=tuple(range(1, weight.ndim))) / 127, least))


def _quantize_convolution(model: Model, node: Node, given: Sequence[Scale], values: Range) -> QuantizedNode:
    weight, bias = (model.weights[f"{node.name}.{name}"].astype(np.float64) for name in ("weight", "bias"))
    # a number is worth four sums or more, so that its shift is above 32: finer ones would say nothing
    steps = _steps(weight, bias, given[0], Scale.over(values).scale)
    output = _widened(values, 4.01 * given[0].scale * float(steps.max()))
    return _weighted(model, node, given, output, output.scale)


def _quantize_dense(model: Model, node: Node, given: Sequence[Scale], _: Range) -> QuantizedNode:
    unit = 2.0**-LOGIT_BITS
    return _weighted(model, node, given, Scale(unit), unit)


def _quantize_add(_: Model, node: Node, given: Sequence[Scale], values: Range) -> QuantizedNode:
    largest = max(each.scale for each in given)
    output = _widened(values, largest / 32)
    shift = _fixed_point(largest / output.scale)[1]
    constants: dict[str, NDArray[Any]] = {
        "multiplier": np.array([round(each.scale / output.scale * 2**shift) for each in given], np.int32),
        "shift": np.array([shift], np.uint8),
    }
    return QuantizedNode(node, tuple(given), output, constants)


def _widened(values: Range, least: float) -> Scale:
    """The scale over a range, or over a wider one, so that a number is worth `least` or more."""
    scale = Scale.over(values)
    factor = max(1.0, least / scale.scale)
    return Scale.over((factor * values[0], factor * values[1])) if factor > 1 else scale


def _quantize_hard_swish(_: Model, node: Node, given: Sequence[Scale], values: Range) -> QuantizedNode:
    (before,), output = given, Scale.over(values)
    inputs = before.scale * (np.arange(LARGEST + 1.0) - before.zero)
    table = output.numbers(FUNCTIONS[ops.HardSwish](node.op, {}, inputs)).astype(np.uint8)
    return QuantizedNode(node, (before,), output, {"table": table})


def _quantize_relu6(model: Model, node: Node, given: Sequence[Scale], values: Range) -> QuantizedNode:
    """A table, where the range that was to end at 6 is wider: clipping would not do."""
    made, graph = _keep_scale(model, node, given, values), model.network.graph
    highest = int(made.output.numbers(6))
    fused = any(
        graph.chain(each, ops.Relu6)[-1] is node
        for each in graph.nodes
        if isinstance(each.op, ops.Kernels | ops.Add)
    )
    if fused and highest < LARGEST:
        made.constants["table"] = np.minimum(np.arange(LARGEST + 1), highest).astype(np.uint8)
    return made


def _keep_scale(_: Model, node: Node, given: Sequence[Scale], __: Range) -> QuantizedNode:
    return QuantizedNode(node, tuple(given), given[0])


def _fixed_point(factor: float) -> tuple[int, int]:
    """`factor` as multiplier / 2^shift, the multiplier of 31 bits."""
    mantissa, exponent = frexp(factor)  # 0.5 <= mantissa < 1
    multiplier, shift = round(mantissa * 2**31), 31 - exponent
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift - 1
    if not 1 <= shift <= 62:
        raise ExportError(f"a scale of {factor:g} does not fit 8-bit integers; export the model in floats")
    return multiplier, shift


def _run_convolution(convolution: Callable[..., Floats], made: QuantizedNode, numbers: Floats) -> Floats:
    weight = made.constants["weight"].astype(np.float64)
    sums = convolution(numbers - made.inputs[0].zero, weight, made.node.op)
    sums += made.constants["bias"][:, None, None]
    numbers = _scaled(sums, made, (-1, 1, 1)) + made.output.zero
    return np.clip(numbers, 0, LARGEST)


def _run_relu6(made: QuantizedNode, numbers: Floats) -> Floats:
    return np.clip(numbers, made.output.zero, made.output.numbers(6))


def _run_dense(made: QuantizedNode, numbers: Floats) -> Floats:
    values = (numbers - made.inputs[0].zero).reshape(len(numbers), -1)
    sums = values @ made.constants["weight"].T.astype(np.float64) + made.constants["bias"]
    return _scaled(sums, made, (-1,))


def _run_add(made: QuantizedNode, *numbers: Floats) -> Floats:
    shift = int(made.constants["shift"][0])
    total = np.full(numbers[0].shape, np.int64(1) << (shift - 1), np.int64)
    for each, before, multiplier in zip(numbers, made.inputs, made.constants["multiplier"], strict=True):
        total += (each.astype(np.int64) - before.zero) * int(multiplier)
    return np.asarray(np.clip((total >> shift) + made.output.zero, 0, LARGEST), np.float64)


def _run_average_pool(_: QuantizedNode, numbers: Floats) -> Floats:
    return np.asarray(np.rint(pool_windows(numbers).mean(axis=4)))


def _run_mean(_: QuantizedNode, numbers: Floats) -> Floats:
    return np.asarray(np.rint(numbers.mean(axis=(2, 3), keepdims=True)))


def _scaled(sums: Floats, made: QuantizedNode, shape: tuple[int, ...]) -> Floats:
    multiplier = made.constants["multiplier"].astype(np.int64).reshape(shape)
    shift = made.constants["shift"].astype(np.int64).reshape(shape)
    scaled = (sums.astype(np.int64) * multiplier + (np.int64(1) << (shift - 1))) >> shift
    return scaled.astype(np.float64)


@dataclass(frozen=True)
class Operation:
    """An op in integers: how it is made from floats, and its function of the node and its inputs' numbers."""

    quantize: Callable[[Model, Node, Sequence[Scale], Range], QuantizedNode]
    run: Callable[..., Floats]


OPERATIONS: dict[type[Op], Operation] = {
    ops.Convolution: Operation(_quantize_convolution, partial(_run_convolution, convolve)),
    ops.DepthwiseConvolution: Operation(_quantize_convolution, partial(_run_convolution, convolve_depthwise)),
    ops.Relu: Operation(_keep_scale, lambda made, numbers: np.maximum(numbers, made.output.zero)),
    ops.Relu6: Operation(_quantize_relu6, _run_relu6),
    ops.HardSwish: Operation(
        _quantize_hard_swish,
        lambda made, numbers: made.constants["table"][numbers.astype(np.uint8)].astype(np.float64),
    ),
    ops.MaxPool: Operation(_keep_scale, lambda _, numbers: pool_windows(numbers).max(axis=4)),
    ops.AveragePool: Operation(_keep_scale, _run_average_pool),
    ops.Mean: Operation(_keep_scale, _run_mean),
    ops.Add: Operation(_quantize_add, _run_add),
    ops.Dense: Operation(_quantize_dense, _run_dense),
}
