"""Models in Python: their answers to pictures, and exports."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gossamer.cpus import usable_cpus
from gossamer.data import Reading, read_named
from gossamer.engine import open_engine
from gossamer.inference import Predictor
from gossamer.models import is_ours
from gossamer.network import Model, load_model, model_file
from gossamer.reprs import Summarized
from gossamer.study import results_of, training_images

if TYPE_CHECKING:
    from gossamer.export import Exported

OnDownload = Callable[[str, int, int | None], None]
BATCH = 2_000
"""Pictures that are read before they are answered."""


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Summarized):
    """What a model says of a picture.

    Attributes:
        name: the picture's.
        label: the likeliest class.
        probabilities: (classes,), calibrated.
        logits: (classes,).
        warning: what is odd about the picture, if anything.
    """

    name: str
    label: str
    probabilities: NDArray[np.float64]
    logits: NDArray[np.float32]
    warning: str | None


@dataclass(frozen=True)
class Unreadable:
    """A picture that has no answer, and why."""

    name: str
    error: str


def predict_images(
    model: Model | str | os.PathLike[str], images: Sequence[str], *, fit: bool = False, engine: str = "auto"
) -> Iterator[Prediction | Unreadable]:
    """A model's answers to pictures, batch by batch: first what cannot be read, then the answers in order.

    Args:
        model: the model, its file, or a study folder.
        images: pictures, folders of them, patterns; "-" for standard input.
        fit: make pictures of another size or colour into what the model takes; without it they are refused.
        engine: auto, native or torch.

    Raises:
        GossamerError: the model or the engine cannot be had, or nothing matches.
    """
    opened = model if isinstance(model, Model) else load_model(model_file(Path(model)))
    predictor = Predictor(opened, open_engine(engine), threads=usable_cpus())
    before_fitting: dict[str, str | None] = {}

    def prepare(picture: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
        prepared = predictor.prepare(picture, name, fit=fit)
        if prepared is not picture:
            (before_fitting[name],) = predictor.oddities(picture[np.newaxis])
        return prepared

    for group in read_named(images, prepare, reading=predictor.reading(fit=fit), batch=BATCH):
        yield from (Unreadable(each.name, str(each.error)) for each in group if each.error is not None)
        read = [(each.name, each.pixels) for each in group if each.pixels is not None]
        if read:
            stack = np.stack([pixels for _, pixels in read])
            logits, oddities = predictor.logits(stack), predictor.oddities(stack)
            rows = opened.probabilities(logits)
            for (name, _), row, raw, odd in zip(read, rows, logits, oddities, strict=True):
                label = opened.classes[int(row.argmax())]
                yield Prediction(name, label, row, raw, before_fitting.get(name, odd))
        before_fitting.clear()


def export_model(
    model: str | os.PathLike[str],
    kind: str,
    out: str | os.PathLike[str] | None = None,
    *,
    data: str | os.PathLike[str] | None = None,
    reading: Reading | None = None,
    name: str | None = None,
    golden: int = 0,
    finetune: int = 0,
    force: bool = False,
    on_download: OnDownload | None = None,
) -> "Exported":
    """Write a model for elsewhere, once it is checked against the engine on training images.

    Args:
        model: a model file, or a study folder.
        kind: onnx, onnx-int8, c, c-int8, html, torch or huggingface.
        out: the folder to write to; by default export/ beside the model, or here if it comes with gossamer.
        data: the training images, where the model lies in no study folder and does not come with gossamer.
        reading: how they are read.
        name: what C identifiers begin with.
        golden: how many golden vectors to write beside C.
        finetune: epochs in which the weights of an export in integers are fitted to their rounding; takes
            PyTorch.
        force: write integers even where the loss of accuracy is not shown to be small.
        on_download: called as files arrive.

    Raises:
        GossamerError: whatever cannot be done, in one line; nothing was written.
    """
    from gossamer import export  # noqa: PLC0415 - some kinds take packages that are extras

    path = model_file(Path(model))
    opened = load_model(path)
    source = None if data is None else os.fspath(data)
    beside = path.parent
    if is_ours(path):
        source, beside = source or str(opened.provenance["data"]), Path()
    images = training_images(opened, path, source, reading=reading, on_download=on_download)
    wanted = export.Wanted(opened, images, name, golden, results_of(path), finetune)
    folder = beside / "export" if out is None else Path(out)
    return export.export_model(wanted, kind, folder, open_engine("auto"), force=force, threads=usable_cpus())
