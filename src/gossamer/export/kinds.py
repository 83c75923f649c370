"""Every kind of export: what it is made of, and how it is asked for its logits."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, edge_brightness, in_turns
from gossamer.errors import ExportError
from gossamer.export.c_source import CSource, c_source
from gossamer.export.compiled import run_compiled
from gossamer.export.data_sheet import data_sheet
from gossamer.export.html import page_answers
from gossamer.export.huggingface import huggingface_files
from gossamer.export.layers import Layer, layers_of
from gossamer.export.onnx import onnx_graph, open_session, run_onnx, set_metadata
from gossamer.export.onnx_int8 import onnx_int8_graph
from gossamer.export.quantized import LOGIT_BITS, Quantized, quantize_best, quantize_over
from gossamer.export.torch import torch_answers, torch_files
from gossamer.network import Model
from gossamer.network.reference import logits_of
from gossamer.reprs import Summarized
from gossamer.study import TrainingImages
from gossamer.study.record import Results
from gossamer.web import try_page

CALIBRATION = 1_000
"""Training images that ranges of activations are taken from."""
CHECK = 400
"""Images by which the rule of the ranges is selected."""

Images = NDArray[np.uint8]
Logits = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Wanted:
    """What an export is made from.

    Attributes:
        model: the model.
        images: training images, for calibration and checks.
        name: what C identifiers begin with; None takes the kind's own.
        golden: how many golden vectors to write beside C; 0 for none.
        results: the study's results.json, if there is one.
        finetune: epochs of fine-tuning before an export in integers.
    """

    model: Model
    images: TrainingImages
    name: str | None = None
    golden: int = 0
    results: Results | None = None
    finetune: int = 0

    @property
    def samples(self) -> LabelledImages:
        """What the export is timed on, and golden vectors are of: validation images, where there are some."""
        return self.images.validation if len(self.images.validation) else self.images.train


@dataclass(frozen=True, eq=False, repr=False)
class Made(Summarized):
    """An export before it is checked or written.

    Attributes:
        files: contents by name below the export's folder.
        answer: the export's own logits (N, classes) for images (N, H, W, C).
        size: bytes of what does the work.
        integers: whether it computes in 8-bit integers, so that its logits are not the engine's.
        seconds: of one image alone, median; None where it was not measured.
        reference_seconds: the same of the export in floats that it stands beside.
        facts: what else a person should know, by name.
        with_parity: the files once the parity is known, where one carries it inside.
    """

    files: dict[str, bytes]
    answer: Callable[[Images], Logits]
    size: int
    integers: bool = False
    seconds: Callable[[], float] | None = None
    reference_seconds: Callable[[], float] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    with_parity: Callable[[str], dict[str, bytes]] | None = None


def make_onnx(wanted: Wanted) -> Made:
    """The model as an ONNX graph."""
    return _made_of_graph(wanted, onnx_graph(wanted.model), "model.onnx")


def make_onnx_int8(wanted: Wanted) -> Made:
    """The model as an ONNX graph in integers."""
    quantized = _quantized(wanted)
    graph = onnx_int8_graph(wanted.model, quantized.network)
    set_metadata(graph, {"finetune": str(wanted.finetune)})
    made = _made_of_graph(wanted, graph, "model.int8.onnx")
    plain = onnx_graph(wanted.model).SerializeToString()
    image = wanted.samples.images[:1]
    return replace(
        made,
        integers=True,
        reference_seconds=lambda: _seconds_of_one(plain, image),
        facts={"float_bytes": len(plain), **_facts(wanted, quantized)},
    )


def _made_of_graph(wanted: Wanted, graph: Any, name: str) -> Made:
    content = graph.SerializeToString()
    image = wanted.samples.images[:1]

    def with_parity(parity: str) -> dict[str, bytes]:
        set_metadata(graph, {"parity": parity})
        return {name: graph.SerializeToString()}

    return Made(
        {name: content},
        lambda images: run_onnx(content, images),
        len(content),
        seconds=lambda: _seconds_of_one(content, image),
        with_parity=with_parity,
    )


def _seconds_of_one(content: bytes, image: Images) -> float:
    session = open_session(content)
    times = []
    for _ in range(300):
        started = perf_counter()
        session.run(["logits"], {"images": image})
        times.append(perf_counter() - started)
    return float(np.median(times))


def make_c(wanted: Wanted) -> Made:
    """The model in C, in floats."""
    source = c_source(wanted.model, wanted.name or "model")
    return _made_of_c(wanted, source, layers_of(wanted.model, source.constant_bytes), 1.0)


def make_c_int8(wanted: Wanted) -> Made:
    """The model in C, in integers."""
    quantized = _quantized(wanted)
    source = c_source(wanted.model, wanted.name or "model_int8", quantized.network, wanted.finetune)
    images = _apart(wanted.samples, CHECK)
    layers = layers_of(wanted.model, source.constant_bytes, quantized.network, images)
    if not np.array_equal(run_compiled(source, images)[0], quantized.network.logits(images)):
        raise ExportError(
            "c-int8: the compiled code has other logits than it must have; nothing was written. Try another"
            " compiler (CC), and please report it with the model file"
        )
    made = _made_of_c(wanted, source, layers, 2.0**-LOGIT_BITS, quantized.network.logits)
    plain = c_source(wanted.model)
    return replace(
        made,
        integers=True,
        reference_seconds=lambda: run_compiled(plain, wanted.samples.images[:500])[1],
        facts=made.facts | {"float_bytes": plain.weight_bytes, **_facts(wanted, quantized)},
    )


def _made_of_c(
    wanted: Wanted,
    source: CSource,
    layers: Sequence[Layer],
    unit: float,
    logits: Callable[[Images], NDArray[np.generic]] | None = None,
) -> Made:
    """Golden vectors have `logits`, or what the compiled code answers."""
    images = wanted.samples.images
    files = dict(source.files)
    if wanted.golden:
        chosen = images[in_turns(wanted.samples.labels)[: wanted.golden]]
        files |= source.golden(chosen, logits(chosen) if logits else run_compiled(source, chosen)[0])
    contents = {name: text.encode() for name, text in files.items()}

    def with_parity(record: str) -> dict[str, bytes]:
        sheet = data_sheet(wanted.model, source.name, layers, json.loads(record))
        return {**contents, f"{source.name}_data_sheet.html": sheet}

    return Made(
        contents,
        lambda these: run_compiled(source, these)[0].astype(np.float64) * unit,
        source.weight_bytes,
        seconds=lambda: run_compiled(source, images[:500])[1],
        facts={
            "constant_bytes": source.weight_bytes,
            "buffer_bytes": source.buffer_bytes,
            "layers": [asdict(each) for each in layers],
        },
        with_parity=with_parity,
    )


def make_html(wanted: Wanted) -> Made:
    """The model as a page."""
    page = try_page(wanted.model, edge_brightness(wanted.images.train.images))
    return Made({"model.html": page}, lambda images: page_answers(wanted.model, page, images), len(page))


def make_torch(wanted: Wanted) -> Made:
    """The model for PyTorch."""
    files = torch_files(wanted.model)
    return Made(
        {f"torch/{name}": content for name, content in files.items()},
        lambda images: torch_answers(wanted.model, files["model.safetensors"], images),
        len(files["model.safetensors"]),
    )


def make_huggingface(wanted: Wanted) -> Made:
    """A folder that can be uploaded to the Hugging Face hub as it is."""
    onnx = onnx_graph(wanted.model).SerializeToString()
    files = huggingface_files(wanted.model, onnx, wanted.images, wanted.results)
    return Made(
        {f"huggingface/{name}": content for name, content in files.items()},
        lambda images: run_onnx(onnx, images),
        sum(map(len, files.values())),
    )


def _quantized(wanted: Wanted) -> Quantized:
    """The model in integers: ranges of training images, by a rule that validation images select, if any."""
    model, train = wanted.model, wanted.images.train
    check = _apart(wanted.samples, CHECK)
    found = quantize_best(model, _apart(train, CALIBRATION), check, logits_of(model, check))
    if not wanted.finetune:
        return found
    try:
        from gossamer.export.finetune import finetuned  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise ExportError("fine-tuning takes PyTorch: pip install 'gossamer[torch]'") from error
    tuned = finetuned(model, found.network, train.images, wanted.finetune)
    return replace(found, network=quantize_over(tuned, found.ranges))


def _facts(wanted: Wanted, quantized: Quantized) -> dict[str, Any]:
    return {"ranges": quantized.rule, "logit_errors": quantized.errors, "finetune": wanted.finetune}


def _apart(images: LabelledImages, number: int) -> Images:
    """Images of all classes, evenly apart in their canonical order, which is by class."""
    number = min(number, len(images))
    return images.images[np.arange(number) * len(images) // number]


INTEGERS = ("onnx-int8", "c-int8")
"""The kinds that compute in integers, which fine-tuning is for."""

IN_C = ("c", "c-int8")
"""The kinds that have names and golden vectors."""

KINDS: dict[str, Callable[[Wanted], Made]] = {
    "onnx": make_onnx,
    "onnx-int8": make_onnx_int8,
    "c": make_c,
    "c-int8": make_c_int8,
    "html": make_html,
    "torch": make_torch,
    "huggingface": make_huggingface,
}
