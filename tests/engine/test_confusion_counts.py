"""Both engines count the same confusions, those of their own logits."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from gossamer.engine import TrainingState, open_engine
from gossamer.network import Architecture, Scaling, initial_weights
from gossamer.seeds import derive_seed
from tests.constant_rate import trainer_at

SCALING = Scaling()


@pytest.mark.parametrize(("words", "classes"), [("conv4 pool dense", 3), ("gap dense", 1000)])
def test_the_engines_count_what_their_logits_say(words: str, classes: int) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (1_300, 6, 6, 2), np.uint8)
    labels = random.integers(0, classes, 1_300)
    network = Architecture.parse(words, (6, 6, 2), classes)
    weights = initial_weights(network, derive_seed("confusion tests"))
    rows = random.permutation(1_300)[:1_201]  # more than a batch of evaluation, in any order
    counts = []
    for engine in (open_engine("native"), open_engine("torch", "cpu")):
        state = TrainingState.start(network, weights)
        trainer = trainer_at(engine, network, SCALING, images, labels, state, learning_rate=0.1, batch_size=8)
        score = trainer.evaluate(rows)
        predicted = engine.logits(network, weights, SCALING, images[rows]).argmax(axis=1)
        expected = confusion_matrix(labels[rows], predicted, labels=np.arange(classes))
        assert score.confusion is not None
        assert score.confusion.dtype == np.int64
        assert np.array_equal(score.confusion, expected)
        assert (score.images, score.correct) == (score.confusion.sum(), score.confusion.trace())
        counts.append(score.confusion)
    assert np.array_equal(counts[0], counts[1])
