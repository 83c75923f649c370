"""What training comes to, bit by bit: SHA-256 of weights and figures, to be held against those on record.

`python -m tests.golden.bits` prints them for the engines and instruction sets of this machine. It uses
gossamer's classifier and studies alone, so that older revisions can run it (`tests/golden/baseline.py`).
"""

import json
import os
import platform
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import gossamer
from gossamer import LightweightCNNClassifier
from gossamer.engine import open_engine
from gossamer.errors import SettingError
from gossamer.study import study_from

NETWORKS = {
    "the report's": ("conv16 pool conv32 pool dense", (28, 28)),
    "no pool": ("conv8 conv12 conv8 dense", (12, 12)),
    "kernels of 1 and 5": ("conv8k1 pool conv12k5 pool dense", (20, 18)),
    "RGB": ("conv8 pool conv16 pool dense", (16, 16, 3)),
    "gap": ("conv8 conv8 pool conv16 gap dense", (15, 15)),
    "large Winograd tiles": ("conv4k1 conv8 conv12 pool conv16 pool conv8 gap dense", (24, 24)),
    "norms": ("bn conv8 sep12 pool (conv12 conv12 |) inv12e2k5+ gap dense", (15, 15)),
}
"""Words and image shape by name."""

FOLD = ("val_loss", "val_accuracy", "best_epoch")
KERNELS = "GOSSAMER_KERNELS"


def runnable() -> list[tuple[str, str]]:
    """Every engine of this machine with every instruction set that it runs on; "" where there is one."""
    from gossamer.engine import _native

    return [*(("native", kernels) for kernels in _native.runnable()), ("torch", "")]


def numerics(engine: str, kernels: str) -> str:
    """The name of an engine's arithmetic."""
    with _kernels(kernels):
        return open_engine(engine, "cpu").numerics


def key(engine: str, kernels: str) -> str:
    """What the bits of an engine are on record under."""
    name = numerics(engine, kernels)
    return name if engine == "native" else f"{name}, {_processor()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("vendor_id")]
    return named[0] if named else platform.processor() or platform.machine()


def weights_hash(name: str, engine: str, kernels: str, *, threads: int = 1) -> str:
    """SHA-256 of a network's weights after an epoch of seven batches, the last one smaller."""
    words, shape = NETWORKS[name]
    images, labels = made_up(200, shape)
    classifier = LightweightCNNClassifier(
        words, epochs=1, batch_size=32, random_state=0, engine=engine, device="cpu", n_jobs=threads
    )
    with _kernels(kernels):
        weights = classifier.fit(images, labels).model_.weights
    digest = sha256()
    for key in sorted(weights):
        digest.update(key.encode() + np.ascontiguousarray(weights[key], "<f4").tobytes())
    return digest.hexdigest()


def study_hash(engine: str, kernels: str) -> str:
    """SHA-256 of the figures of a small study of four settings on two folds."""
    images, labels = made_up(240, (12, 12))
    data = gossamer.dataset_from_arrays(images, labels, name="made up")
    with _kernels(kernels), tempfile.TemporaryDirectory() as folder:
        gossamer.run(_study(engine), data, out=Path(folder) / "study", workers=1)
        record = json.loads((Path(folder) / "study" / "results.json").read_text())
    figures = [
        [[fold[key] for key in FOLD] for cell in record["search"]["cells"] for fold in cell["folds"]],
        [record["final"][key] for key in ("epochs", "best_epoch", "val_loss", "val_accuracy")],
        [record["test"][key] for key in ("n", "correct", "loss")],
    ]
    return sha256(json.dumps(figures).encode()).hexdigest()


def _study(engine: str) -> gossamer.Study:
    training = {"learning_rate": [0.01, 0.001], "batch_size": [16, 32], "epochs": 2}
    rest = {
        "network": {"layers": "conv4 pool conv8 pool dense"},
        "final": {"max_epochs": 4, "patience": 2},
        "run": {"engine": engine, "device": "cpu"},
    }
    try:
        return study_from({"training": training, "search": {"folds": 2}, **rest})
    except SettingError:  # an older revision has these keys elsewhere
        return study_from({"search": {"folds": 2, **training}, **rest})


def made_up(number: int, shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images of three classes, each with a bright patch at a place of its own in noise."""
    random = np.random.Generator(np.random.PCG64(0))
    labels = np.arange(number) % 3
    images = random.integers(0, 120, (number, *shape))
    for label in range(3):
        images[labels == label, 3 * label : 3 * label + 3, 2:9] += 120
    return images.astype(np.uint8), labels.astype(np.int64)


class _kernels:  # noqa: N801 - a context, named as what it sets
    """Within it, new native engines use the kernels of that name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = os.environ.pop(KERNELS, None)
        if self._name:
            os.environ[KERNELS] = self._name

    def __exit__(self, *_: object) -> None:
        os.environ.pop(KERNELS, None)
        if self._before is not None:
            os.environ[KERNELS] = self._before


def all_hashes() -> dict[str, dict[str, Any]]:
    """The hashes of everything, by the engine's numerics."""
    found = {}
    for engine, kernels in runnable():
        hashes = {name: weights_hash(name, engine, kernels) for name in NETWORKS}
        found[key(engine, kernels)] = {**hashes, "a study": study_hash(engine, kernels)}
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(all_hashes(), indent=2) + "\n")
