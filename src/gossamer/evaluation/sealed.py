"""The one place where a sealed test set is opened."""

from typing import Protocol

from gossamer.data import SealedImages
from gossamer.engine import Engine
from gossamer.evaluation.metrics import Metrics, metrics
from gossamer.network import Model


class Ledger(Protocol):
    """Where openings are recorded, durably, before they happen."""

    def record_opening(self, model_hash: str, test_fingerprint: str) -> None:
        """Record that the model is about to be scored on the test set."""


def score_test_set(
    model: Model, test: SealedImages, engine: Engine, ledger: Ledger, *, threads: int = 1
) -> Metrics:
    """Record the opening, then score `model` on the test images, on up to `threads` CPU threads."""
    ledger.record_opening(model.hash, test.fingerprint)
    images = test.unseal()
    logits = engine.logits(model.network, model.weights, model.scaling, images.images, threads=threads)
    return metrics(logits, images.labels)
