"""An export is made, held against the engine on training images, and only then written."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gossamer.engine import Engine
from gossamer.errors import ExportError, SettingError
from gossamer.export.kinds import KINDS, Wanted
from gossamer.export.parity import IMAGES, Parity, check, compare
from gossamer.files import pretty_json, write_atomically
from gossamer.seeds import derive_seed, stream

LARGEST_LOSS = 0.005
"""Of validation accuracy, that an export in integers may bring."""


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
        accuracy: the export's on those.
        engine_accuracy: the engine's on those.
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
        force: write an export in integers even if it costs more than LARGEST_LOSS of accuracy.
        threads: how many CPU threads the engine may use.

    Raises:
        SettingError: there is no such kind.
        ExportError: something it takes is not installed, or it does not answer as the engine does; nothing
            was written.
    """
    if kind not in KINDS:
        raise SettingError(f"--to must be one of {', '.join(KINDS)}; got {kind!r}")
    made = KINDS[kind](wanted)
    images, labels = _sample(wanted)
    model = wanted.model
    expected = engine.logits(model.network, model.weights, model.scaling, images, threads=threads)
    found = made.answer(images)
    parity = compare(expected, found)
    validation = min(len(wanted.images.validation), len(images))
    right = [_share(logits[:validation], labels[:validation]) for logits in (expected, found)]
    if not made.integers:
        check(parity, kind)
    elif right[0] - right[1] > LARGEST_LOSS and not force:
        raise ExportError(
            f"{kind}: validation accuracy falls from {right[0]:.4f} to {right[1]:.4f}, by more than"
            f" {100 * LARGEST_LOSS:g} points; nothing was written. --force writes it all the same"
        )
    record = {
        "kind": kind,
        "model_hash": model.hash,
        "parity": asdict(parity),
        "images": wanted.images.said,
        "validation_images": validation,
        "validation_accuracy": right[1],
        "engine_validation_accuracy": right[0],
        "engine": engine.numerics,
        **made.facts,
    }
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


def _share(logits: Any, labels: Any) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, content)
    except OSError as error:
        raise ExportError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); try another --out"
        ) from error
