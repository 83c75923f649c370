"""Metrics against their definitions, counted one image at a time."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gossamer.evaluation import metrics

Case = tuple[NDArray[np.float32], NDArray[np.int64]]


@st.composite
def scored(draw: st.DrawFn) -> Case:
    """Logits and labels; whole logits tie often, and some classes are never there or never predicted."""
    images, classes = draw(st.integers(1, 12)), draw(st.integers(2, 5))
    whole = st.integers(-3, 3).map(float)
    logits = draw(arrays(np.float32, (images, classes), elements=whole | st.floats(-20, 20, width=32)))
    return logits, draw(arrays(np.int64, images, elements=st.integers(0, classes - 1)))


@given(case=scored())
def test_metrics_are_their_definitions(case: Case) -> None:
    logits, labels = case
    classes = range(logits.shape[1])
    rows = [[float(value) for value in row] for row in logits]
    predicted = [row.index(max(row)) for row in rows]
    pairs = list(zip(labels.tolist(), predicted, strict=True))
    found = metrics(logits, labels)

    assert found.n == len(pairs)
    assert found.correct == sum(label == guess for label, guess in pairs)
    assert found.accuracy == found.correct / found.n
    losses = [
        log(sum(exp(value) for value in row)) - row[label] for row, label in zip(rows, labels, strict=True)
    ]
    assert found.loss == pytest.approx(sum(losses) / len(losses), abs=1e-9)
    for row in classes:
        for column in classes:
            assert found.confusion[row][column] == pairs.count((row, column))
    assert len(found.per_class) == len(classes)
    for each, figures in zip(classes, found.per_class, strict=True):
        there = sum(label == each for label, _ in pairs)
        said = sum(guess == each for _, guess in pairs)
        right = pairs.count((each, each))
        assert figures.images == there
        assert figures.precision == pytest.approx(right / said if said else 0)
        assert figures.recall == pytest.approx(right / there if there else 0)
        assert figures.f1 == pytest.approx(2 * right / (said + there) if said + there else 0)


@given(case=scored(), seed=st.integers(0, 99))
def test_the_order_of_the_images_does_not_matter(case: Case, seed: int) -> None:
    logits, labels = case
    order = np.random.default_rng(seed).permutation(len(labels))
    one, other = metrics(logits, labels), metrics(logits[order], labels[order])
    assert (one.n, one.correct, one.per_class, one.confusion) == (
        other.n,
        other.correct,
        other.per_class,
        other.confusion,
    )
    assert one.loss == pytest.approx(other.loss)


def test_the_loss_is_exact_where_single_precision_would_overflow() -> None:
    logits = np.array([[1000, -1000], [-1000, 1000]], np.float32)
    assert metrics(logits, np.array([0, 0])).loss == 1000
