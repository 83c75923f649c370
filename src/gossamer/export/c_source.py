"""A model as C99: one header and one source file, without a library or a heap."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from math import prod
from typing import Any

import numpy as np
from jinja2 import Environment
from numpy.typing import NDArray

from gossamer.errors import ExportError, SettingError
from gossamer.export.quantized import LARGEST, LOGIT_BITS, QuantizedNetwork, QuantizedNode
from gossamer.network import IMAGE, Model, Node, Op, ops
from gossamer.network.memory import Call, MemoryPlan, plan_memory
from gossamer.reprs import Summarized
from gossamer.web import environment

LINE = 100
"""Characters a line of numbers may have."""

HIGH_SHIFT: dict[type[Op], int] = {ops.Convolution: 33, ops.DepthwiseConvolution: 33, ops.Add: 25}
"""What C shifts by anyway: 32 for the higher word, 1 for rounding; less 8 for the numbers of an addition."""

TAKEN = ("math", "stddef", "stdint", "parity")
"""The headers that the code includes, and the program that checks it: no model may be named so."""

Integers = Mapping[str, QuantizedNode]
"""The nodes in integers by name; none for a source in floats."""


@dataclass(frozen=True, eq=False, repr=False)
class CSource(Summarized):
    """The files' texts by name.

    `buffer_bytes` is what the buffer takes, `constant_bytes` what the constants of each node do.
    """

    name: str
    header: str
    source: str
    context: dict[str, Any]
    buffer_bytes: int
    constant_bytes: dict[str, int]

    @property
    def weight_bytes(self) -> int:
        """Bytes of all constants."""
        return sum(self.constant_bytes.values())

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


def c_source(
    model: Model, name: str = "model", quantized: QuantizedNetwork | None = None, finetune: int = 0
) -> CSource:
    """The model in floats, or `quantized` in integers, which was fine-tuned for so many epochs.

    Identifiers begin with `name`.

    Raises:
        SettingError: `name` cannot begin a C identifier.
        ExportError: the network cannot be written so.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or name in TAKEN:
        raise SettingError(
            "--name must be a C name of small letters, digits and _, and none of"
            f" {', '.join(TAKEN)}; got {name!r}"
        )
    deployed = model.folded
    graph = deployed.network.graph
    plan = plan_memory(graph)
    integers = {each.node.name: each for each in quantized.nodes} if quantized else {}
    height, width, channels = graph.input_shape
    constants = [_constants(deployed, node, integers) for node in graph.nodes]
    constant_bytes = {
        node.name: sum(array.nbytes for array in arrays.values())
        for node, (_, arrays) in zip(graph.nodes, constants, strict=True)
    }
    buffer_bytes = plan.size * (1 if quantized else 4)
    scaling = model.scaling
    context = {
        "name": name,
        "macro": name.upper(),
        "guard": f"{name.upper()}_H",
        "version": version("gossamer"),
        "hash": model.hash,
        "words": model.network.words,
        "parameters": deployed.network.parameters,
        "multiply_adds": deployed.network.multiply_adds,
        "int8": quantized is not None,
        "finetune": finetune,
        "logit": "int32_t" if quantized else "float",
        "logit_bits": LOGIT_BITS,
        "height": height,
        "width": width,
        "channels": channels,
        "pixels": height * width * channels,
        "classes": [_c_text(each) for each in model.classes],
        "temperature": _float(model.temperature),
        "minimum": _float(scaling.minimum),
        "range": _float(scaling.maximum - scaling.minimum),
        "constants": constants,
        "buffer": plan.size,
        "buffer_bytes": buffer_bytes,
        "constant_bytes": sum(constant_bytes.values()),
        **_steps(plan, integers),
    }
    return CSource(
        name,
        _templates().get_template("model.h.j2").render(context),
        _templates().get_template("model.c.j2").render(context),
        context,
        buffer_bytes,
        constant_bytes,
    )


def _steps(plan: MemoryPlan, integers: Integers) -> dict[str, Any]:
    """The calls in C, the functions they use, and where the image, the last value and the scratch lie."""
    *calls, (head,) = plan.calls

    def place(value: str) -> str:
        # integers are read where the image is
        return "image" if integers and value == IMAGE else f"buffer + {plan.offsets[value]}"

    steps, uses, taps = [], set(), 0
    for call in calls:
        function, arguments = CALLS[type(call[0].op)](call, integers)
        if isinstance(op := call[0].op, ops.Kernels):
            arguments = [*arguments, f"buffer + {plan.arena}"]
            taps = max(taps, op.kernel**2)
        places = [place(name) for name in (*call[0].inputs, call[-1].name)]
        steps.append(f"{function}({', '.join([*places[:-1], *arguments, places[-1]])});")
        uses.add(function)
    return {
        "steps": steps,
        "uses": uses,
        "tables": any("table" in each.constants for each in integers.values()),
        "taps": taps,
        "image": plan.offsets[IMAGE],
        "last": place(head.inputs[0]),
        "features": prod(head.input_shapes[0]),
        "dense": _identifier(head),
    }


def _kernels(call: Call, integers: Integers) -> tuple[str, list[str]]:
    node, op = call[0], call[0].op
    assert isinstance(op, ops.Kernels)  # noqa: S101 - CALLS has it for these alone
    pool = 2 if isinstance(call[-1].op, ops.MaxPool) else 1
    sizes = [*node.input_shapes[0], op.kernel, op.stride, pool]
    function = "depthwise"
    if isinstance(op, ops.Convolution):
        function = "convolution"
        sizes.append(op.channels)
    constants = ["weight", "bias", "multiplier", "shift"] if integers else ["weight", "bias"]
    name = _identifier(node)
    return function, [
        *map(str, sizes),
        *_zeros(node, integers),
        *(f"{name}_{each}" for each in constants),
        *_activation(call, integers),
    ]


def _add(call: Call, integers: Integers) -> tuple[str, list[str]]:
    node, name = call[0], _identifier(call[0])
    scales = [f"{name}_multiplier", f"{name}_shift"] if integers else []
    size = str(prod(node.shape))
    return "add", [size, *_zeros(node, integers), *scales, *_activation(call, integers)]


def _activation(call: Call, integers: Integers) -> list[str]:
    """What is done to a sum: in floats, by name; in integers a table, if any, since clipping does ReLUs."""
    node = next((each for each in call if isinstance(each.op, ops.Activation)), None)
    if not integers:
        return [node.op.name.upper() if node else "IDENTITY"]
    return [str(integers[call[0].name].output.zero), *_table(node, integers)]


def _activate(call: Call, integers: Integers) -> tuple[str, list[str]]:
    (node,) = call
    size = str(prod(node.shape))
    if not integers:
        return "activate", [size, *_activation(call, integers)]
    low, high = 0, LARGEST
    if isinstance(node.op, ops.Relu | ops.Relu6):
        low = integers[node.name].output.zero
    if isinstance(node.op, ops.Relu6):
        high = int(integers[node.name].output.numbers(6))
    return "activate", [size, str(low), str(high), *_table(node, integers)]


def _pool(function: str, call: Call, _: Integers) -> tuple[str, list[str]]:
    return function, [*map(str, call[0].input_shapes[0])]


def _mean(call: Call, _: Integers) -> tuple[str, list[str]]:
    rows, columns, depth = call[0].input_shapes[0]
    return "mean", [str(rows * columns), str(depth)]


def _dense(call: Call, _: Integers) -> tuple[str, list[str]]:
    raise ExportError(f"{call[0].name}: C has a dense layer at the end alone")


CALLS: dict[type[Op], Callable[[Call, Integers], tuple[str, list[str]]]] = {
    ops.Convolution: _kernels,
    ops.DepthwiseConvolution: _kernels,
    ops.Relu: _activate,
    ops.Relu6: _activate,
    ops.HardSwish: _activate,
    ops.MaxPool: partial(_pool, "pool"),
    ops.AveragePool: partial(_pool, "average"),
    ops.Mean: _mean,
    ops.Add: _add,
    ops.Dense: _dense,
}
"""By the op of a call's first node: the function in C, and its arguments between inputs and output."""


def _zeros(node: Node, integers: Integers) -> list[str]:
    """The zeros of the inputs' numbers, of which floats have none."""
    return [str(each.zero) for each in integers[node.name].inputs] if integers else []


def _table(node: Node | None, integers: Integers) -> list[str]:
    """The node's table, or none; nothing in a network without tables."""
    if not any("table" in each.constants for each in integers.values()):
        return []
    return [f"{_identifier(node)}_table" if node and "table" in integers[node.name].constants else "0"]


def _identifier(node: Node) -> str:
    return node.name.replace(".", "_")


def _constants(model: Model, node: Node, integers: Integers) -> tuple[str, dict[str, NDArray[Any]]]:
    """What is written of a node's numbers: its identifier, and the arrays by name."""
    if integers:
        arrays = dict(integers[node.name].constants)
    else:
        arrays = {each.name.rpartition(".")[2]: model.weights[each.name] for each in node.arrays}
    if "weight" in arrays:
        weight = arrays["weight"]
        arrays["weight"] = _pixel_by_pixel(node, weight)
        if integers:  # sums are of numbers, of which padding has the zero
            zero, sums = (
                integers[node.name].inputs[0].zero,
                weight.reshape(len(weight), -1).sum(1, dtype=np.int64),
            )
            arrays["bias"] = (arrays["bias"] - zero * sums).astype(np.int32)
    if integers and isinstance(node.op, ops.Kernels | ops.Add):
        arrays["shift"] = arrays["shift"] - np.uint8(HIGH_SHIFT[type(node.op)])
    return _identifier(node), {name: array.reshape(-1) for name, array in arrays.items()}


def _pixel_by_pixel(node: Node, weight: NDArray[Any]) -> NDArray[Any]:
    """Weights in the order in which maps lie: a pixel's channels side by side."""
    if isinstance(node.op, ops.DepthwiseConvolution):
        return weight[:, 0].transpose(1, 2, 0)
    if isinstance(node.op, ops.Dense):
        rows, columns, depth = node.input_shapes[0]
        weight = weight.reshape(-1, depth, rows, columns)
    return weight.transpose(0, 2, 3, 1)


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
