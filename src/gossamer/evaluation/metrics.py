"""What a model's logits say about labelled images: accuracy, loss, and every class on its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from gossamer.stats.confusion import balanced_accuracy, macro_f1


@dataclass(frozen=True)
class ClassMetrics:
    """One class's precision, recall and F1 (0 where nothing was predicted or there), and its images."""

    precision: float
    recall: float
    f1: float
    images: int


@dataclass(frozen=True)
class Metrics:
    """Figures over n labelled images.

    Attributes:
        n: how many images.
        correct: how many of them were classified correctly.
        loss: mean cross entropy in nats.
        per_class: one entry per class.
        confusion: images by true class (row) and predicted class (column).
    """

    n: int
    correct: int
    loss: float
    per_class: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]

    @property
    def accuracy(self) -> float:
        """Correct / n."""
        return self.correct / self.n

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over the classes that are there."""
        return balanced_accuracy(np.array(self.confusion, np.int64))

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes that are there or were predicted."""
        return macro_f1(np.array(self.confusion, np.int64))


def metrics(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Metrics:
    """Score `logits` (N, classes) against `labels` (N,)."""
    classes = np.arange(logits.shape[1])
    predicted = logits.argmax(axis=1)
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, predicted, labels=classes, zero_division=0.0
    )
    return Metrics(
        n=len(labels),
        correct=int((predicted == labels).sum()),
        loss=float(-log_probabilities[np.arange(len(labels)), labels].mean()),
        per_class=tuple(
            ClassMetrics(float(p), float(r), float(f), int(n))
            for p, r, f, n in zip(precision, recall, f1, images, strict=True)
        ),
        confusion=tuple(
            tuple(int(count) for count in row) for row in confusion_matrix(labels, predicted, labels=classes)
        ),
    )
