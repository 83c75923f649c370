"""What every step of an exported network takes, and how far rounding moves its value."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from gossamer.export.quantized import QuantizedNetwork
from gossamer.network import IMAGE, Model
from gossamer.network.memory import plan_memory
from gossamer.network.reference import model_values


@dataclass(frozen=True)
class Layer:
    """Nodes that are computed in one step.

    Attributes:
        name: of the nodes, joined by " + ".
        shape: of the output, (height, width, channels).
        multiply_adds: for one image.
        constant_bytes: weights, biases and what scales sums.
        output_bytes: of its value; logits take four each.
        buffer_bytes: of the buffer, up to the last byte that is in use while it runs.
        error: root mean square of what rounding changes in its value, as a share of the value's own; None in
            floats.
    """

    name: str
    shape: tuple[int, int, int]
    multiply_adds: int
    constant_bytes: int
    output_bytes: int
    buffer_bytes: int
    error: float | None = None


def layers_of(
    model: Model,
    constant_bytes: dict[str, int],
    quantized: QuantizedNetwork | None = None,
    images: NDArray[np.uint8] | None = None,
) -> list[Layer]:
    """The steps of the folded network in order.

    Args:
        model: the model.
        constant_bytes: of a node's constants, by name.
        quantized: it in integers, if it is exported in those.
        images: (N, H, W, C), from which the errors are taken.
    """
    graph = model.folded.network.graph
    plan, width = plan_memory(graph), 1 if quantized else 4
    errors = _errors(model, quantized, images) if quantized and images is not None else {}
    sizes = {IMAGE: prod(graph.input_shape), **{node.name: prod(node.shape) for node in graph.nodes}}
    last = {name: at for at, call in enumerate(plan.calls) for name in call[0].inputs}
    alive, found = {IMAGE}, []
    for at, call in enumerate(plan.calls):
        name = call[-1].name
        alive = {each for each in alive if last[each] >= at} | ({name} & plan.offsets.keys())
        used = max(plan.offsets[each] + sizes[each] for each in alive)
        found.append(
            Layer(
                " + ".join(_short(node.name) for node in call),
                call[-1].shape,
                sum(node.multiply_adds for node in call),
                sum(constant_bytes[node.name] for node in call),
                (width if name in plan.offsets else 4) * sizes[name],
                width * used,
                errors.get(name),
            )
        )
    return found


def _short(name: str) -> str:
    return name.rpartition(".")[2] if name.endswith((".relu", ".relu6", ".hswish")) else name


def _errors(model: Model, quantized: QuantizedNetwork, images: NDArray[np.uint8]) -> dict[str, float]:
    floats = {node.name: value for node, value in model_values(model.folded, images)}
    errors = {}
    for made, numbers in quantized.values(images):
        exact = floats[made.node.name]
        value = (numbers - made.output.zero) * made.output.scale
        size = float(np.sqrt(np.square(exact).mean()))
        errors[made.node.name] = float(np.sqrt(np.square(value - exact).mean())) / size if size else 0.0
    return errors
