"""A model as C99: one header and one source file, without a library or a heap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from gossamer.errors import ExportError, SettingError
from gossamer.export.quantized import LOGIT_BITS, QuantizedNetwork
from gossamer.network import Convolution, Dense, GlobalAveragePool, MaxPool, Model, Stage
from gossamer.reprs import Summarized

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
    plan = _plan(model, quantized)
    height, width, channels = model.network.input_shape
    weighted = [_numbers(model, stage, quantized) for stage in model.network.stages if _weighs(stage)]
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
        "weighted": weighted,
        "dense": model.network.stages[-1].name,
        **plan,
    }
    size = 1 if quantized else 4
    return CSource(
        name,
        _templates().get_template("model.h.j2").render(context),
        _templates().get_template("model.c.j2").render(context),
        context,
        size * sum(plan["sizes"]),
        sum(array.nbytes for each in weighted for array in each.values() if isinstance(array, np.ndarray)),
    )


def _plan(model: Model, quantized: QuantizedNetwork | None) -> dict[str, Any]:
    """The calls in order, what they use, and how large the two buffers have to be."""
    stages = list(model.network.stages)
    zero = quantized.zero if quantized else 0
    sizes, buffers, at = [_size(model.network.input_shape), 0], ("buffer_a", "buffer_b"), 0
    steps: list[str] = []
    uses: set[str] = set()
    while not isinstance(stages[0].layer, Dense):
        stage = stages.pop(0)
        rows, columns, depth = stage.input_shape
        source, target = buffers[at], buffers[1 - at]
        zero_argument = f", {zero}" if quantized else ""
        match stage.layer:
            case Convolution(kernel=kernel, channels=channels):
                pooled = isinstance(stages[0].layer, MaxPool)
                last = stages.pop(0) if pooled else stage
                scales = f" {stage.name}_multiplier, {stage.name}_shift," if quantized else ""
                call = f"{source}, {rows}, {columns}, {depth}{zero_argument}, {kernel}, {2 if pooled else 1}"
                weights = f"{channels}, {stage.name}_weight, {stage.name}_bias,{scales} {target}"
                steps.append(f"convolution({call}, {weights});")
                uses.add("convolution")
                shape, zero = last.output_shape, 0
            case MaxPool():
                steps.append(f"pool({source}, {rows}, {columns}, {depth}, {target});")
                uses.add("pool")
                shape = stage.output_shape
            case GlobalAveragePool():
                if zero:
                    raise ExportError("gap before a convolution cannot be exported in integers; use floats")
                steps.append(f"mean({source}, {rows * columns}, {depth}{zero_argument}, {target});")
                uses.add("mean")
                shape = stage.output_shape
        at = 1 - at
        sizes[at] = max(sizes[at], _size(shape))
    return {
        "steps": steps,
        "uses": {name: name in uses for name in ("convolution", "pool", "mean")},
        "sizes": sizes,
        "last": buffers[at],
        "features": _size(stages[0].input_shape),
        "dense_zero": zero,
    }


def _size(shape: Sequence[int]) -> int:
    return int(np.prod(shape))


def _weighs(stage: Stage) -> bool:
    return isinstance(stage.layer, Convolution | Dense)


def _numbers(model: Model, stage: Stage, quantized: QuantizedNetwork | None) -> dict[str, Any]:
    arrays: dict[str, NDArray[Any]]
    if quantized is None:
        arrays = {part: model.weights[f"{stage.name}.{part}"].reshape(-1) for part in ("weight", "bias")}
    else:
        made = quantized.stages[stage.name]
        arrays = {
            "weight": made.weight.reshape(-1),
            "bias": made.bias,
            "multiplier": made.multiplier.astype(np.int32),
            "shift": made.shift.astype(np.uint8),
        }
    return {"name": stage.name, **arrays}


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
    made = Environment(
        loader=PackageLoader("gossamer.export"),
        autoescape=False,  # noqa: S701 - C, not HTML; names are escaped by _c_text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["rows"] = _rows
    return made
