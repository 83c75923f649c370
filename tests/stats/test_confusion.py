"""Figures for uneven classes agree with scikit-learn's on the images that the counts stand for."""

import warnings
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, f1_score

from gossamer.stats.confusion import balanced_accuracy, macro_f1

COUNTS = st.integers(2, 6).flatmap(
    lambda classes: arrays(np.int64, (classes, classes), elements=st.integers(0, 4))
)


@given(confusion=COUNTS.filter(lambda counts: counts.sum() > 0))
def test_they_agree_with_scikit_learn(confusion: NDArray[np.int64]) -> None:
    true, predicted = (
        np.repeat(places, confusion.ravel()) for places in np.indices(confusion.shape).reshape(2, -1)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of classes that were predicted and are not there
        expected = balanced_accuracy_score(true, predicted)
    assert balanced_accuracy(confusion) == pytest.approx(expected)
    assert macro_f1(confusion) == pytest.approx(f1_score(true, predicted, average="macro", zero_division=0.0))


@given(confusion=COUNTS.filter(lambda counts: counts.sum() > 0), data=st.data())
def test_the_order_of_the_classes_changes_no_bit(confusion: NDArray[np.int64], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(confusion))))
    shuffled = confusion[np.ix_(order, order)]
    assert balanced_accuracy(shuffled) == balanced_accuracy(confusion)
    assert macro_f1(shuffled) == macro_f1(confusion)


def test_without_images_there_is_no_figure() -> None:
    assert isnan(balanced_accuracy(np.zeros((3, 3), np.int64)))
    assert isnan(macro_f1(np.zeros((3, 3), np.int64)))
