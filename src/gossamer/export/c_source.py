"""A model as C99: one header and one source file, without a library or a heap."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from math import prod
from string import ascii_lowercase
from typing import Any

import numpy as np
from jinja2 import Environment
from numpy.typing import NDArray

from gossamer.errors import ExportError, SettingError
from gossamer.export.quantized import LOGIT_BITS, QuantizedNetwork, QuantizedNode
from gossamer.network import IMAGE, Graph, Model, Node, Op
from gossamer.network.ops import Add, AveragePool, Convolution, Dense, MaxPool, Mean, Relu
from gossamer.reprs import Summarized
from gossamer.web import environment

LINE = 100
"""Characters a line of numbers may have."""


@dataclass(frozen=True, eq=False, repr=False)
class CSource(Summarized):
    """The files' texts by name; `buffer_bytes` is what the activations take, `weight_bytes` the constants."""

    name: str
    header: str
    source: str
    context: dict[str, Any]
    buffer_bytes: int
    weight_bytes: int

    @property
    def files(self) -> dict[str, str]:
        """Source and header by file name."""
        return {f"{self.name}.c": self.source, f"{self.name}.h": self.header}

    def parity_main(self) -> str:
        """A program that reads images and writes logits."""
        return _templates().get_template("parity.c.j2").render(self.context)

    def golden(self, images: NDArray[np.uint8], logits: NDArray[np.generic]) -> dict[str, str]:
        """Golden vectors as a header, and a program that checks them, by file name."""
        context = self.context | {
            "count": len(images),
            "images": [image.reshape(-1) for image in images],
            "logits": list(logits),
        }
        return {
            f"{self.name}_{part}": _templates().get_template(template).render(context)
            for part, template in (("golden.h", "golden.h.j2"), ("test.c", "test_main.c.j2"))
        }


def c_source(model: Model, name: str = "model", quantized: QuantizedNetwork | None = None) -> CSource:
    """The model in floats, or `quantized` in integers; identifiers begin with `name`.

    Raises:
        SettingError: `name` cannot begin a C identifier.
        ExportError: the network cannot be written so.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise SettingError(f"--name must be a C name of small letters, digits and _; got {name!r}")
    graph = model.network.graph
    plan = _plan(graph, quantized)
    height, width, channels = model.network.input_shape
    constants = [_constants(model, node, quantized) for node in graph.nodes]
    scaling = model.scaling
    context = {
        "name": name,
        "macro": name.upper(),
        "guard": f"{name.upper()}_H",
        "version": version("gossamer"),
        "hash": model.hash,
        "words": model.network.words,
        "parameters": model.network.parameters,
        "int8": quantized is not None,
        "logit_bits": LOGIT_BITS,
        "height": height,
        "width": width,
        "channels": channels,
        "classes": [_c_text(each) for each in model.classes],
        "temperature": _float(model.temperature),
        "minimum": _float(scaling.minimum),
        "range": _float(scaling.maximum - scaling.minimum),
        "constants": constants,
        "dense": _identifier(graph.nodes[-1]),
        **plan,
    }
    size = 1 if quantized else 4
    return CSource(
        name,
        _templates().get_template("model.h.j2").render(context),
        _templates().get_template("model.c.j2").render(context),
        context,
        size * sum(plan["sizes"]),
        sum(array.nbytes for _, arrays in constants for array in arrays.values()),
    )


def _plan(graph: Graph, quantized: QuantizedNetwork | None) -> dict[str, Any]:
    """The calls in order, what they use, and how large the buffers have to be that the values lie in."""
    integers = {each.node.name: each for each in quantized.nodes} if quantized else {}
    buffers = _Buffers(graph)
    steps: list[str] = []
    uses: set[str] = set()
    fused: set[str] = set()
    for node in graph.nodes[:-1]:
        if node.name in fused:
            continue
        function, chain, arguments = CALLS[type(node.op)](graph, node, integers.get(node.name))
        fused.update(each.name for each in chain)
        sources = [buffers.of(name) for name in node.inputs]
        target = buffers.take(chain[-1])
        buffers.release(node)
        steps.append(f"{function}({', '.join([*sources, *arguments, target])});")
        uses.add(function)
    head = graph.nodes[-1]
    return {
        "steps": steps,
        "uses": {
            name: name in uses for name in ("convolution", "linear", "relu", "pool", "average", "mean", "add")
        },
        "buffers": buffers.sizes,
        "sizes": list(buffers.sizes.values()),
        "last": buffers.of(head.inputs[0]),
        "features": prod(head.input_shapes[0]),
        "dense_zero": integers[head.name].inputs[0].zero if quantized else 0,
    }


class _Buffers:
    """Which buffer each value lies in: the first whose value has been read by all that read it."""

    def __init__(self, graph: Graph) -> None:
        self._waiting = {name: len(readers) for name, readers in graph.readers.items()}
        self._places = {IMAGE: "buffer_a"}
        self.sizes = {"buffer_a": prod(graph.input_shape)}

    def of(self, value: str) -> str:
        return self._places[value]

    def take(self, node: Node) -> str:
        """A buffer for what the node makes."""
        held = {place for value, place in self._places.items() if self._waiting[value]}
        names = (f"buffer_{letter}" for letter in ascii_lowercase)
        place = next(name for name in names if name not in held)
        self._places[node.name] = place
        self.sizes[place] = max(self.sizes.get(place, 0), prod(node.shape))
        return place

    def release(self, node: Node) -> None:
        """The node has read its inputs."""
        for name in node.inputs:
            self._waiting[name] -= 1


Call = tuple[str, list[Node], list[str]]
"""A C function, the nodes that a call of it computes, and its arguments between the inputs and the output."""


def _convolution(graph: Graph, node: Node, made: QuantizedNode | None) -> Call:
    op: Any = node.op
    chain = graph.chain(node, Relu, MaxPool)
    name = _identifier(node)
    sizes = [*map(str, node.input_shapes[0]), *_zeros(made), str(op.kernel)]
    weights = [str(op.channels), f"{name}_weight", f"{name}_bias"]
    scales = [f"{name}_multiplier", f"{name}_shift"] if made else []
    if len(chain) == 1:
        zero = [str(made.output.zero)] if made else []
        return "linear", chain, [*sizes, *weights, *scales, *zero]
    return "convolution", chain, [*sizes, str(2 if len(chain) == 3 else 1), *weights, *scales]


def _relu(_: Graph, node: Node, made: QuantizedNode | None) -> Call:
    return "relu", [node], [str(prod(node.shape)), *_zeros(made)]


def _pool(function: str, _: Graph, node: Node, __: QuantizedNode | None) -> Call:
    return function, [node], [*map(str, node.input_shapes[0])]


def _mean(_: Graph, node: Node, __: QuantizedNode | None) -> Call:
    rows, columns, depth = node.input_shapes[0]
    return "mean", [node], [str(rows * columns), str(depth)]


def _add(_: Graph, node: Node, made: QuantizedNode | None) -> Call:
    name = _identifier(node)
    scales = [f"{name}_multiplier", f"{name}_shift", str(made.output.zero)] if made else []
    return "add", [node], [str(prod(node.shape)), *_zeros(made), *scales]


def _dense(_: Graph, node: Node, __: QuantizedNode | None) -> Call:
    raise ExportError(f"{node.name}: C has a dense layer at the end alone")


CALLS: dict[type[Op], Callable[[Graph, Node, QuantizedNode | None], Call]] = {
    Convolution: _convolution,
    Relu: _relu,
    MaxPool: partial(_pool, "pool"),
    AveragePool: partial(_pool, "average"),
    Mean: _mean,
    Add: _add,
    Dense: _dense,
}
"""How C computes a node, and which of those behind it in the same call."""


def _zeros(made: QuantizedNode | None) -> list[str]:
    """The zeros of the inputs' numbers, of which floats have none."""
    return [str(each.zero) for each in made.inputs] if made else []


def _identifier(node: Node) -> str:
    return node.name.replace(".", "_")


def _constants(
    model: Model, node: Node, quantized: QuantizedNetwork | None
) -> tuple[str, dict[str, NDArray[Any]]]:
    """What is written of a node's numbers: its identifier, and the arrays by name."""
    if quantized is None:
        arrays = {each.name.rpartition(".")[2]: model.weights[each.name] for each in node.arrays}
    else:
        arrays = next(each.constants for each in quantized.nodes if each.node.name == node.name)
    return _identifier(node), {name: array.reshape(-1) for name, array in arrays.items()}


def _rows(values: NDArray[np.generic]) -> str:
    """Numbers in lines that fit."""
    lines, line = [], "   "
    for value in values:
        text = f" {_float(float(value)) if values.dtype.kind == 'f' else int(value)},"
        if len(line) + len(text) > LINE:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join([*lines, line])


def _float(value: float) -> str:
    """A float32 as C writes it, to the bit."""
    text = f"{np.float32(value):.9g}"
    return (text if set(text) & set(".en") else f"{text}.0") + "f"


def _c_text(text: str) -> str:
    """A C string literal of the text in UTF-8; what is not plain ASCII is written in octal."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode(errors="replace")
    )
    return f'"{escaped}"'


@cache
def _templates() -> Environment:
    return environment("gossamer.export", rows=_rows)
