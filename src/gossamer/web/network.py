"""A model as the JSON values that network.js computes with."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Model, Node, Op, Unit, ops


def _kernels(op: ops.Kernels) -> dict[str, Any]:
    return {"kernel": op.kernel, "stride": op.stride}


PAGE_OPS: dict[type[Op], Callable[[Any], dict[str, Any]]] = {
    ops.Convolution: _kernels,
    ops.DepthwiseConvolution: _kernels,
    ops.Relu: lambda _: {},
    ops.Relu6: lambda _: {},
    ops.HardSwish: lambda _: {},
    ops.MaxPool: lambda _: {},
    ops.AveragePool: lambda _: {},
    ops.Mean: lambda _: {},
    ops.Add: lambda _: {},
    ops.Dense: lambda _: {},
}
"""What network.js, which has a function for each of these ops, is told of an op beside its name and shape."""


def page_network(model: Model) -> dict[str, Any]:
    """The folded model's nodes in order, their weights as little-endian float32 in base 64.

    The page draws the first maps that are `drawn`: those of words that end in an activation.
    """
    model = model.folded
    height, width, channels = model.network.input_shape
    return {
        "shape": [height, width, channels],
        "minimum": model.scaling.minimum,
        "maximum": model.scaling.maximum,
        "temperature": model.temperature,
        "classes": list(model.classes),
        "nodes": [_node(model, node, unit) for unit in model.network.units for node in unit.nodes],
    }


def _node(model: Model, node: Node, unit: Unit) -> dict[str, Any]:
    height, width, channels = node.shape
    return {
        "name": node.name,
        "op": node.op.name,
        "inputs": list(node.inputs),
        "word": unit.word,
        "height": height,
        "width": width,
        "channels": channels,
        "drawn": node is unit.nodes[-1] and isinstance(node.op, ops.Activation),
        **PAGE_OPS[type(node.op)](node.op),
        **{array.name.rpartition(".")[2]: _floats(model.weights[array.name]) for array in node.arrays},
    }


def _floats(array: NDArray[np.float32]) -> str:
    return b64encode(array.astype("<f4").tobytes()).decode()
