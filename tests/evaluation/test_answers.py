"""Errors in order of confidence, and samples that the seed alone decides."""

import numpy as np
import pytest

from gossamer.evaluation import as_probabilities, correct_sample, errors

LOGITS = np.array([[3, 0], [0, 1], [0, 4], [5, 0], [0, 2]], np.float32)
LABELS = np.array([0, 0, 0, 1, 1])


def test_every_error_is_there_the_most_confident_first() -> None:
    found = errors(as_probabilities(LOGITS), LABELS)
    assert [(each.row, each.label, each.predicted) for each in found] == [(3, 1, 0), (2, 0, 1), (1, 0, 1)]
    for each in found:
        assert each.confidence > each.of_label
        assert each.confidence + each.of_label == pytest.approx(1)


def test_a_sample_holds_correct_answers_of_every_class_and_is_the_same_again() -> None:
    random = np.random.default_rng(0)
    probabilities = as_probabilities(random.normal(size=(300, 3)).astype(np.float32))
    labels = random.integers(0, 3, 300)
    found = correct_sample(probabilities, labels, of_each=5, seed="7")
    assert [each.label for each in found] == [0] * 5 + [1] * 5 + [2] * 5
    assert all(each.label == each.predicted == labels[each.row] for each in found)
    assert found == correct_sample(probabilities, labels, of_each=5, seed="7")
    assert found != correct_sample(probabilities, labels, of_each=5, seed="8")
    assert len(correct_sample(probabilities, labels, of_each=1000, seed="7")) < 300
