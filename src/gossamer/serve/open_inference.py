"""The Open Inference Protocol (KServe v2) over HTTP: a model's metadata, and tensors in and out as JSON."""

from importlib.metadata import version
from itertools import chain
from math import prod
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from gossamer.network import Model
from gossamer.serve.answers import Inferred, Tensor
from gossamer.serve.batches import Answer
from gossamer.serve.contents import check_number, is_lists, parsed
from gossamer.serve.limits import Limits, Refusal

INPUT = "images"
PROBABILITIES, CLASS, LOGITS = OUTPUTS = ("probabilities", "class", "logits")


def server_metadata() -> dict[str, Any]:
    """Metadata of the server."""
    return {"name": "gossamer", "version": version("gossamer"), "extensions": []}


def model_metadata(model: Model, name: str) -> dict[str, Any]:
    """Metadata of the model: its tensors; the first dimension is the number of images."""
    return {
        "name": name,
        "platform": "gossamer",
        "inputs": [{"name": INPUT, "datatype": "UINT8", "shape": [-1, *model.network.input_shape]}],
        "outputs": [
            {"name": PROBABILITIES, "datatype": "FP32", "shape": [-1, len(model.classes)]},
            {"name": CLASS, "datatype": "BYTES", "shape": [-1]},
            {"name": LOGITS, "datatype": "FP32", "shape": [-1, len(model.classes)]},
        ],
    }


class Inference:
    """One request, checked.

    Attributes:
        images: uint8 (N, H, W, C).
    """

    def __init__(self, body: bytes, model: Model, limits: Limits) -> None:
        """Read `body`.

        Raises:
            Refusal: 400 or 413, it is not a request that this model can answer.
        """
        request = parsed(body)
        match request:
            case {"inputs": [{"name": name, "shape": shape, "datatype": datatype, "data": data}]}:
                self.images = _tensor(name, shape, datatype, data, model, limits)
            case _:
                raise Refusal(400, f"expected one input, {INPUT!r}, with its shape, datatype and data")
        self._id = request.get("id")
        if not isinstance(self._id, str | None):
            raise Refusal(400, "id: expected a string")
        self._wanted = _wanted(request.get("outputs"))

    def reply(self, model: Model, name: str, answers: list[Answer]) -> Inferred:
        """The answer to the request."""
        rows = [len(answers), len(model.classes)]
        values: dict[str, tuple[str, list[int], list[Any]]] = {
            PROBABILITIES: ("FP32", rows, list(chain(*(answer.probabilities for answer in answers)))),
            CLASS: ("BYTES", rows[:1], [model.classes[answer.best] for answer in answers]),
            LOGITS: ("FP32", rows, list(chain(*(answer.logits for answer in answers)))),
        }
        outputs = [
            Tensor(wanted, kind, shape, data)
            for wanted, (kind, shape, data) in values.items()
            if wanted in self._wanted
        ]
        return Inferred(name, outputs, UNSET if self._id is None else self._id)


def _tensor(
    name: object, shape: object, datatype: object, data: object, model: Model, limits: Limits
) -> NDArray[np.uint8]:
    expected = model.network.input_shape
    if name != INPUT or datatype != "UINT8":
        raise Refusal(400, f"an input {_said(name)} of {_said(datatype)}; expected {INPUT!r} of 'UINT8'")
    match shape:
        case [number, *sides] if type(number) is int and number >= 0 and tuple(sides) == expected:
            check_number(number, limits)
        case _:
            raise Refusal(400, f"shape {_said(shape)}; expected [N, {', '.join(map(str, expected))}]")
    try:
        for _ in expected:
            if data and is_lists(data):
                data = list(chain.from_iterable(data))
        if not isinstance(data, list):
            raise TypeError
        content = bytes(data)  # raises unless all are integers from 0 to 255
    except (TypeError, ValueError) as error:
        raise Refusal(400, f"data: expected a list of whole numbers from 0 to 255 for {INPUT!r}") from error
    numbers = number * prod(expected)
    if len(content) != numbers:
        raise Refusal(400, f"data: {len(content):,} numbers; expected {numbers:,} for shape {_said(shape)}")
    return np.frombuffer(content, np.uint8).reshape(number, *expected)


def _wanted(outputs: object) -> set[str]:
    """The names of the requested outputs; all if none are named."""
    known = set(OUTPUTS)
    if outputs is None:
        return known
    named = outputs if isinstance(outputs, list) else [None]
    names = {str(each.get("name")) if isinstance(each, dict) else "" for each in named}
    if names - known:
        raise Refusal(400, f"outputs: expected objects whose name is one of {', '.join(sorted(known))}")
    return names or known


def _said(value: object) -> str:
    return f"{value!r:.60}"
