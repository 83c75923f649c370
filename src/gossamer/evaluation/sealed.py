"""The one place where a sealed test set is scored."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, SealedImages, have_duplicate_among
from gossamer.engine import Engine
from gossamer.evaluation.metrics import Metrics, metrics
from gossamer.network import Model
from gossamer.reprs import Summarized


class Ledger(Protocol):
    """Where test-set accesses are recorded, durably, before they happen."""

    def record_access(self, model_hash: str, test_fingerprint: str) -> None:
        """Record that the model is about to be scored on the test set."""


@dataclass(frozen=True, eq=False, repr=False)
class SealedScore(Summarized):
    """What a model does on a sealed test set.

    Attributes:
        images: the test images, unsealed.
        logits: the model's, (N, classes).
        whole: over all test images.
        without_duplicates: over those that no training image has the pixels of; None if there are none.
    """

    images: LabelledImages
    logits: NDArray[np.float32]
    whole: Metrics
    without_duplicates: Metrics | None


def score_test_set(
    model: Model,
    test: SealedImages,
    engine: Engine,
    ledger: Ledger,
    *,
    trained_on: NDArray[np.uint8],
    threads: int = 1,
) -> SealedScore:
    """Record the access, then score `model` on the test images, on up to `threads` CPU threads.

    Args:
        model: what is scored.
        test: the images under seal.
        engine: what computes.
        ledger: where the access is recorded.
        trained_on: the digests (N, 16) of all images that the model, or the selection of it, may have seen.
        threads: how many CPU threads may be used.
    """
    ledger.record_access(model.hash, test.fingerprint)
    images = test.unseal()
    logits = engine.logits(model.network, model.weights, model.scaling, images.images, threads=threads)
    whole, fresh = metrics(logits, images.labels), ~have_duplicate_among(images.digests, trained_on)
    if fresh.all():
        return SealedScore(images, logits, whole, whole)
    without = metrics(logits[fresh], images.labels[fresh]) if fresh.any() else None
    return SealedScore(images, logits, whole, without)
