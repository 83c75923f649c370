"""The access is on record before the first look, and the score is the model's on the sealed images."""

from collections.abc import Sequence

import numpy as np
import pytest

from gossamer.data import LabelledImages, SealedImages
from gossamer.engine import open_engine
from gossamer.evaluation import metrics, score_test_set
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed

NETWORK = Architecture.parse("conv2 pool dense", (4, 4, 1), 3)
MODEL = Model(NETWORK, initial_weights(NETWORK, derive_seed("test")), Scaling(), ("a", "b", "c"), {})
NOTHING = np.empty((0, 16), np.uint8)


class Watched(SealedImages):
    """Sealed images that note when they are unsealed."""

    def __init__(self, events: list[object]) -> None:
        random = np.random.default_rng(0)
        images = random.integers(0, 256, (30, 4, 4, 1), dtype=np.uint8)
        super().__init__(LabelledImages.from_arrays(images, random.integers(0, 3, 30), ("a", "b", "c")))
        self._events = events

    def unseal(self) -> LabelledImages:
        self._events.append("unsealed")
        return super().unseal()


class Ledger:
    """Notes what is recorded, or fails to."""

    def __init__(self, events: list[object], error: Exception | None = None) -> None:
        self._events, self._error = events, error

    def record_access(self, model_hash: str, test_fingerprint: str) -> None:
        if self._error is not None:
            raise self._error
        self._events.append((model_hash, test_fingerprint))


def test_the_opening_is_recorded_before_the_images_are_seen() -> None:
    events: list[object] = []
    test = Watched(events)
    score_test_set(MODEL, test, open_engine("torch", "cpu"), Ledger(events), trained_on=NOTHING)
    assert events == [(MODEL.hash, test.fingerprint), "unsealed"]


def test_nothing_is_seen_when_the_opening_cannot_be_recorded() -> None:
    events: list[object] = []
    ledger = Ledger(events, OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        score_test_set(MODEL, Watched(events), open_engine("torch", "cpu"), ledger, trained_on=NOTHING)
    assert events == []


def test_the_score_is_that_of_the_models_logits() -> None:
    engine, test = open_engine("torch", "cpu"), Watched([])
    images = test.unseal()
    logits = engine.logits(NETWORK, MODEL.weights, MODEL.scaling, images.images)
    scored = score_test_set(MODEL, test, engine, Ledger([]), trained_on=NOTHING)
    assert scored.whole == scored.without_duplicates == metrics(logits, images.labels)


@pytest.mark.parametrize("duplicates", [[], [3], [0, 7, 29], range(29), range(30)])
def test_without_duplicates_is_the_score_on_the_other_images(duplicates: Sequence[int]) -> None:
    engine, test = open_engine("torch", "cpu"), Watched([])
    images = test.unseal()
    seen = LabelledImages.from_arrays(  # the duplicates, some under another label, and images of their own
        np.concatenate([images.images[list(duplicates)], np.zeros((5, 4, 4, 1), np.uint8)]),
        np.zeros(len(duplicates) + 5, np.int64),
        images.classes,
    )
    scored = score_test_set(MODEL, test, engine, Ledger([]), trained_on=seen.digests)
    logits = engine.logits(NETWORK, MODEL.weights, MODEL.scaling, images.images)
    others = np.setdiff1d(np.arange(30), list(duplicates))
    assert scored.whole == metrics(logits, images.labels)
    expected = metrics(logits[others], images.labels[others]) if len(others) else None
    assert scored.without_duplicates == expected
