"""An epoch as a row of JSON, and whether its network predicts one class only."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.evaluation import metrics
from gossamer.training import Epoch, as_row, of_row, predicts_one_class


def test_a_row_gives_the_epoch_back() -> None:
    epoch = Epoch(3, 0.5, 0.25, float("nan"), 0.1, 0.2, 0.3)
    assert as_row(epoch)[3] is None
    assert as_row(of_row(as_row(epoch))) == as_row(epoch)


@pytest.mark.parametrize("row", [[], [1], [1, 2, 3], ["x"] * 7, [1] * 9])
def test_what_is_no_epoch_is_refused(row: list[object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        of_row(row)


def epoch_of(predicted: NDArray[np.int64], labels: NDArray[np.int64], classes: int) -> Epoch:
    found = metrics(np.eye(classes, dtype=np.float32)[predicted], labels)
    return Epoch(1, 1.0, 0.5, 1.0, found.accuracy, found.balanced_accuracy, found.macro_f1)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_one_class_for_every_image_is_seen(classes: int) -> None:
    labels = np.random.default_rng(0).integers(0, classes, 500) ** 2 % classes
    labels[:classes] = np.arange(classes)  # uneven, none empty
    for one in range(classes):
        assert predicts_one_class(epoch_of(np.full(500, one), labels, classes), classes)
    almost = np.full(500, 0)
    almost[-1] = 1
    assert not predicts_one_class(epoch_of(almost, labels, classes), classes)
    assert not predicts_one_class(epoch_of(labels, labels, classes), classes)
