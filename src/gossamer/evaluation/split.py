"""Any model on any labelled images: the test images of a data set, its training images, or all."""

import numpy as np

from gossamer.data import Dataset
from gossamer.engine import Engine
from gossamer.errors import DataError
from gossamer.evaluation.metrics import Metrics, metrics
from gossamer.evaluation.sealed import Ledger
from gossamer.network import Model

SPLITS = ("test", "train", "all")

SHOWN = 10
"""How many classes an error names."""


def score_split(
    model: Model, dataset: Dataset, split: str, engine: Engine, ledger: Ledger, *, threads: int = 1
) -> Metrics:
    """Score `model` on one of SPLITS; an access to the test images is recorded before the first look.

    Raises:
        DataError: the images are not of the model's shape, or of another number of classes.
        EngineError: the engine cannot run the model's network.
    """
    _check(model, dataset)
    engine.check(model.network)
    parts = [] if split == "test" else [dataset.train]
    if split != "train":
        ledger.record_access(model.hash, dataset.test.fingerprint)
        parts.append(dataset.test.unseal())
    logits = [
        engine.logits(model.network, model.weights, model.scaling, part.images, threads=threads)
        for part in parts
    ]
    return metrics(np.concatenate(logits), np.concatenate([part.labels for part in parts]))


def _check(model: Model, dataset: Dataset) -> None:
    wanted, found = model.network.input_shape, dataset.train.shape
    if wanted != found:
        height, width, channels = wanted
        raise DataError(
            f"{dataset.name}: its images are {_by(found)} and the model takes {_by(wanted)};"
            f" try --size {height}x{width}" + (f" --channels {channels}" if channels in {1, 3} else "")
        )
    if len(model.classes) != len(dataset.train.classes):
        names = [*model.classes[:SHOWN], *["..."] * (len(model.classes) > SHOWN)]
        raise DataError(
            f"{dataset.name}: it has {len(dataset.train.classes)} classes and the model"
            f" {len(model.classes)} ({', '.join(names)}); expected the classes it was trained on"
        )


def _by(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
