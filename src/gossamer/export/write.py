"""An export is made, held against the engine on training images, and only then written."""

from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from gossamer.engine import Engine
from gossamer.errors import ExportError, SettingError
from gossamer.export.kinds import KINDS, Wanted
from gossamer.export.parity import IMAGES, Parity, check, compare
from gossamer.files import pretty_json, without_nan, write_together
from gossamer.seeds import derive_seed, stream
from gossamer.stats.paired_loss import largest_likely_loss

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
        validation: how many of the images checked were validation images.
        accuracy: the export's on those; NaN where there are none.
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
        SettingError: there is no such kind.
        DataError: the model takes other numbers than pixels, which no export carries.
        ExportError: something it takes is not installed, or it does not answer as the engine does; nothing
            was written.
    """
    wanted.model.check_takes_pixels()
    if kind not in KINDS:
        raise SettingError(f"--to must be one of {', '.join(KINDS)}; got {kind!r}")
    made = KINDS[kind](wanted)
    images, labels = _sample(wanted)
    model = wanted.model
    expected = engine.logits(model.network, model.weights, model.scaling, images, threads=threads)
    found = made.answer(images)
    parity = compare(expected, found)
    validation = min(len(wanted.images.validation), len(images))
    before, after = (
        logits[:validation].argmax(axis=1) == labels[:validation] for logits in (expected, found)
    )
    right = [float(each.mean()) if validation else nan for each in (before, after)]
    loss = largest_likely_loss(before, after) if made.integers else None
    if loss is None:
        check(parity, kind)
    elif not (np.isfinite(found).all() and loss <= LARGEST_LOSS) and not force:  # a NaN passes no comparison
        raise ExportError(
            f"{kind}: accuracy on {validation:,} validation images goes from {right[0]:.4f} to"
            f" {right[1]:.4f}; a loss of at most {100 * LARGEST_LOSS:g} point is not shown (the upper 95 %"
            f" limit is {100 * loss:.2f}). Nothing was written; try more images (--data), or --force"
        )
    record = {
        "kind": kind,
        "model_hash": model.hash,
        "parity": asdict(parity),
        "images": wanted.images.said,
        "validation_images": validation,
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
        validation,
        right[1],
        right[0],
        loss,
        made.seconds() if made.seconds else None,
        made.reference_seconds() if made.reference_seconds else None,
        made.facts,
    )


def _sample(
    wanted: Wanted,
) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], np.ndarray[Any, np.dtype[np.int64]]]:
    """Up to IMAGES images with their labels: validation images first, then some that were trained on."""
    parts = []
    left = IMAGES
    for name, part in (("validation", wanted.images.validation), ("train", wanted.images.train)):
        order = stream(derive_seed("export", name, wanted.model.hash)).permutation(len(part))[:left]
        parts.append((part.images[order], part.labels[order]))
        left -= len(order)
    return np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts])


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        write_together(folder, files)
    except OSError as error:
        raise ExportError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); try another --out"
        ) from error
