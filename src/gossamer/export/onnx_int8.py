"""An ONNX model in 8-bit integers: a quantized network, as quantized and dequantized values (QDQ).

A runtime fuses each operator with the pairs around it into one operator on integers. Weights are unsigned,
around 128: with unsigned activations, processors with AVX2 alone sum up such products exactly, while sums of
two products with signed weights overflow 16 bits there. Logits stay in floats.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gossamer.export.onnx import OPERATORS, node_maker, whole_model
from gossamer.export.quantized import LARGEST, QuantizedNetwork, QuantizedNode, Scale
from gossamer.network import IMAGE, Model, ops

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

MIDDLE = 128
"""What stands for a weight of 0."""
NUMBERS = Scale(1.0)
"""Of numbers as such."""


def onnx_int8_graph(model: Model, quantized: QuantizedNetwork) -> "ModelProto":
    """The quantized model, with the input, outputs and metadata of `onnx_graph`.

    Hard swish is computed in floats, between integers: ONNX Runtime has none in integers.

    Args:
        model: the model.
        quantized: the same in integers.

    Raises:
        ExportError: the onnx package is not installed.
    """
    writer = _Writer()
    writer.nodes.append(writer.make("Transpose", ["images"], ["pixels"], perm=[0, 3, 1, 2]))
    writer.dequantize("pixels", IMAGE, writer.scale(IMAGE, quantized.pixel))
    *between, head = quantized.nodes
    for made in between:
        if _changes_nothing(made):
            writer.values[made.node.name] = writer.values.get(made.node.inputs[0], made.node.inputs[0])
        elif isinstance(made.node.op, ops.AveragePool | ops.Mean):
            writer.average(made)
        else:
            writer.operate(made, f"{made.node.name}:float", made.output.scale)
            writer.requantize(made)
    writer.operate(head, "logits", head.output.scale)
    return whole_model(model, writer.nodes, writer.constants)


def _changes_nothing(made: QuantizedNode) -> bool:
    """Whether a ReLU follows a value that is clipped already, by the range of its numbers."""
    match made.node.op:
        case ops.Relu():
            return made.output.zero == 0
        case ops.Relu6():
            return made.output.zero == 0 and float(made.output.numbers(6)) == LARGEST
    return False


class _Writer:
    """Nodes and constants, as they come; `values` has other names for values, where they have one."""

    def __init__(self) -> None:
        self.make = node_maker()
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, Any] = {}
        self.values: dict[str, str] = {}

    def scale(self, name: str, scale: Scale) -> list[str]:
        """The names of a scale and its zero."""
        self.constants[f"{name}:scale"] = np.float32(scale.scale)
        return [f"{name}:scale", self._shared(f"{scale.zero}", np.uint8(scale.zero))]

    def _shared(self, name: str, constant: Any) -> str:
        """The name of a constant that others may share."""
        self.constants[name] = constant
        return name

    def dequantize(self, integers: str, name: str, scale: list[str], **axis: int) -> None:
        """What integers stand for."""
        self.nodes.append(self.make("DequantizeLinear", [integers, *scale], [name], **axis))

    def requantize(self, made: QuantizedNode, between: Scale | None = None) -> None:
        """The value of a node as an integer, by the scale `between` or its own, and what that stands for."""
        name = made.node.name
        scale = self.scale(name, made.output)
        rounded = self.scale("numbers", between) if between else scale
        self.nodes.append(self.make("QuantizeLinear", [f"{name}:float", *rounded], [f"{name}:int"]))
        self.dequantize(f"{name}:int", name, scale)

    def average(self, made: QuantizedNode) -> None:
        """A mean of numbers as such: of floats it would round ties by chance."""
        name = made.node.name
        before = self.values.get(made.node.inputs[0], made.node.inputs[0])
        self.dequantize(self.integers(before), f"{name}:numbers", self.scale("numbers", NUMBERS))
        node = replace(made.node, inputs=(f"{name}:numbers",))
        self.nodes += OPERATORS[type(node.op)](self.make, node, f"{name}:float")
        self.requantize(made, NUMBERS)

    def integers(self, value: str) -> str:
        """The name of the integers of a value."""
        return "pixels" if value == IMAGE else f"{value}:int"

    def operate(self, made: QuantizedNode, output: str, unit: float) -> None:
        """The operator of a node, whose sums become multiples of `unit`."""
        if "weight" in made.constants:
            self._weights(made, unit)
        node = replace(made.node, inputs=tuple(self.values.get(each, each) for each in made.node.inputs))
        self.nodes += OPERATORS[type(node.op)](self.make, node, output)

    def _weights(self, made: QuantizedNode, unit: float) -> None:
        given, (weight, bias) = made.constants, (each.name for each in made.node.arrays)
        sums = given["multiplier"] / 2.0 ** given["shift"] * unit  # what a sum's 1 stands for
        self.constants |= {
            f"{weight}:int": (given["weight"].astype(np.int16) + MIDDLE).astype(np.uint8),
            f"{weight}:scale": (sums / made.inputs[0].scale).astype(np.float32),
            f"{bias}:int": given["bias"],
            f"{bias}:scale": sums.astype(np.float32),
        }
        zeros = self._shared(f"{len(sums)} x {MIDDLE}", np.full(len(sums), MIDDLE, np.uint8))
        self.dequantize(f"{weight}:int", weight, [f"{weight}:scale", zeros], axis=0)
        self.dequantize(f"{bias}:int", bias, [f"{bias}:scale"], axis=0)
