"""An export is made, held against the engine on training images, and only then written."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.errors import ExportError, SettingError
from gossamer.export.kinds import IN_C, INTEGERS, KINDS, Images, Logits, Wanted
from gossamer.export.parity import IMAGES, Parity, check, compare
from gossamer.files import pretty_json, without_nan, write_together
from gossamer.numbers import counted
from gossamer.reprs import Summarized
from gossamer.seeds import derive_seed, stream
from gossamer.stats.paired_loss import largest_likely_loss
from gossamer.study import FoldModel, TrainingImages

LARGEST_LOSS = 0.01
"""Of accuracy, that an export in integers may bring: the upper 95 % limit of the loss is at most this."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        kind: one of KINDS.
        folder: where.
        files: their names below it, the record of the check last.
        size: bytes of what does the work.
        parity: the export beside the engine.
        validation: how many images, on which the weights were not trained, the accuracies are of.
        fold_models: 0 if those are the model's validation images; else the model has none, and so many fits
            of its setting, each exported likewise, were scored on the images that they held out.
        accuracy: the export's on those images; NaN where there are none.
        engine_accuracy: the engine's on those.
        loss_at_most: of an export in integers, the upper 95 % limit of the loss of accuracy, paired image by
            image.
        seconds: of one image, if it was measured.
        reference_seconds: the same of the export in floats beside it.
        facts: what else there is to know.
    """

    kind: str
    folder: Path
    files: tuple[str, ...]
    size: int
    parity: Parity
    validation: int
    fold_models: int
    accuracy: float
    engine_accuracy: float
    loss_at_most: float | None
    seconds: float | None
    reference_seconds: float | None
    facts: dict[str, Any]


def export_model(
    wanted: Wanted, kind: str, folder: Path, engine: Engine, *, force: bool = False, threads: int = 1
) -> Exported:
    """Write the export of that kind below `folder`, with a record of its check.

    Args:
        wanted: the model, the images it is checked on, and what else the export is made from.
        kind: one of KINDS.
        folder: where it goes; made if it is not there.
        engine: what it is held against.
        force: write an export in integers even if it is not shown to cost at most LARGEST_LOSS of accuracy.
        threads: how many CPU threads the engine may use.

    Raises:
        SettingError: there is no such kind, or it is not fine-tuned.
        DataError: the model takes other numbers than pixels, which no export carries.
        ExportError: something it takes is not installed, or it does not answer as the engine does; nothing
            was written.
    """
    wanted.model.check_takes_pixels()
    _check_options(wanted, kind)
    by_folds = kind in INTEGERS and not len(wanted.images.validation)
    folds = wanted.images.fold_models() if by_folds else ()
    if by_folds and not folds and not force:
        raise ExportError(_not_shown(kind, 0, 0, (), nan))
    made = KINDS[kind](wanted)
    images, labels = _sample(wanted)
    model = wanted.model
    expected = engine.logits(model.network, model.weights, model.scaling, images, threads=threads)
    found = made.answer(images)
    parity = compare(expected, found)
    validation = min(len(wanted.images.validation), len(images))
    scored = [_Scored(expected[:validation], found[:validation], labels[:validation])]
    finite = bool(np.isfinite(found).all())
    if by_folds:
        scored += _scored_folds(folds, wanted, kind, engine, threads)
        finite = finite and all(each.finite for each in scored)
    before, after = (np.concatenate(each) for each in zip(*(each.right for each in scored), strict=True))
    right = [float(each.mean()) if len(each) else nan for each in (before, after)]
    loss = largest_likely_loss(before, after) if made.integers else None
    if loss is None:
        check(parity, kind)
    elif not (finite and loss <= LARGEST_LOSS) and not force:  # a NaN passes no comparison
        raise ExportError(_not_shown(kind, len(before), len(folds), right, loss))
    record = {
        "kind": kind,
        "model_hash": model.hash,
        "parity": asdict(parity),
        "images": wanted.images.said,
        "validation_images": len(before),
        "fold_models": len(folds),
        "validation_accuracy": right[1],
        "engine_validation_accuracy": right[0],
        "loss_of_accuracy_at_most": loss,
        "engine": engine.numerics,
        **made.facts,
    }
    record = without_nan(record)
    files = made.files if made.with_parity is None else made.with_parity(pretty_json(record))
    first = next(iter(files))
    beside = f"{first.split('/')[0]}/parity.json" if "/" in first else f"{first}.json"
    files = {**files, beside: pretty_json(record).encode()}
    _write(folder, files)
    return Exported(
        kind,
        folder,
        tuple(files),
        made.size,
        parity,
        len(before),
        len(folds),
        right[1],
        right[0],
        loss,
        made.seconds() if made.seconds else None,
        made.reference_seconds() if made.reference_seconds else None,
        made.facts,
    )


@dataclass(frozen=True, eq=False, repr=False)
class _Scored(Summarized):
    """A model's logits (N, classes), `expected` by the engine and `found` by the export, with labels (N,)."""

    expected: Logits
    found: Logits
    labels: NDArray[np.int64]

    @property
    def finite(self) -> bool:
        """Whether the export answers with numbers alone."""
        return bool(np.isfinite(self.found).all())

    @property
    def right(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which images (N,) are classified correctly: by the engine, and by the export."""
        return self.expected.argmax(axis=1) == self.labels, self.found.argmax(axis=1) == self.labels


def check_kind(kind: str) -> None:
    """See that there is such a kind of export.

    Raises:
        SettingError: there is none.
    """
    if kind not in KINDS:
        raise SettingError(f"--to must be one of {', '.join(KINDS)}; got {kind!r}")


def _check_options(wanted: Wanted, kind: str) -> None:
    check_kind(kind)
    if wanted.finetune and kind not in INTEGERS:
        raise SettingError(f"--finetune is for {' and '.join(INTEGERS)}; {kind} computes in floats")
    for option, given in (("--name", wanted.name is not None), ("--golden", wanted.golden)):
        if given and kind not in IN_C:
            raise SettingError(f"{option} is for {' and '.join(IN_C)}; {kind} has no use for it")


def _scored_folds(
    folds: Sequence[FoldModel], wanted: Wanted, kind: str, engine: Engine, threads: int
) -> list[_Scored]:
    """The selected setting's fits, each exported as the model is, on the images that it held out."""
    scored = []
    for fold in folds:
        images = TrainingImages(fold.train, fold.held_out, wanted.images.said)
        made = KINDS[kind](replace(wanted, model=fold.model, images=images, golden=0))
        order = _shuffled(fold.held_out, "held out", fold.model.hash)[: IMAGES // len(folds)]
        pixels, model = fold.held_out.images[order], fold.model
        expected = engine.logits(model.network, model.weights, model.scaling, pixels, threads=threads)
        scored.append(_Scored(expected, made.answer(pixels), fold.held_out.labels[order]))
    return scored


def _not_shown(kind: str, images: int, fold_models: int, right: Sequence[float], loss: float) -> str:
    if not images:
        return (
            f"{kind}: its loss of accuracy cannot be measured, for all images at hand were trained on."
            " Nothing was written; export it in its study's folder, which has the fits of the search, or name"
            " other images of its classes (--data), or take it unchecked (--force)"
        )
    on = f"{images:,} validation images"
    if fold_models:
        on = f"{images:,} images that {counted(fold_models, 'fit')} of its setting held out"
    return (
        f"{kind}: accuracy on {on} goes from {right[0]:.4f} to {right[1]:.4f}; a loss of at most"
        f" {100 * LARGEST_LOSS:g} point is not shown (the upper 95 % limit is {100 * loss:.2f}). Nothing was"
        " written; try more images (--data), or --force"
    )


def _sample(wanted: Wanted) -> tuple[Images, NDArray[np.int64]]:
    """Up to IMAGES images with their labels: validation images first, then some that were trained on."""
    parts = []
    left = IMAGES
    for name, part in (("validation", wanted.images.validation), ("train", wanted.images.train)):
        order = _shuffled(part, name, wanted.model.hash)[:left]
        parts.append((part.images[order], part.labels[order]))
        left -= len(order)
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def _shuffled(part: LabelledImages, name: str, model: str) -> NDArray[np.int64]:
    return stream(derive_seed("export", name, model)).permutation(len(part))


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        write_together(folder, files)
    except OSError as error:
        raise ExportError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); try another --out"
        ) from error
