"""A model's answers, image by image: the most confident errors, and a sample of correct ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from gossamer.seeds import derive_seed, stream

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Answer:
    """A labelled image and the model's answer.

    Attributes:
        row: the image's place in its set.
        label: its class.
        predicted: the class it was predicted as.
        confidence: the probability of `predicted`.
        of_label: the probability of `label`.
    """

    row: int
    label: int
    predicted: int
    confidence: float
    of_label: float


def answers(probabilities: NDArray[np.float64], labels: NDArray[np.int64], rows: Rows) -> list[Answer]:
    """The answers on `rows` of `probabilities` (N, classes) to `labels` (N,), in that order."""
    predicted = probabilities.argmax(axis=1)
    return [
        Answer(
            int(row),
            int(labels[row]),
            int(predicted[row]),
            float(probabilities[row, predicted[row]]),
            float(probabilities[row, labels[row]]),
        )
        for row in rows
    ]


def errors(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Answer]:
    """Every error, the most confident first."""
    predicted = probabilities.argmax(axis=1)
    (wrong,) = np.nonzero(predicted != labels)
    confidence = probabilities[wrong, predicted[wrong]]
    return answers(probabilities, labels, wrong[np.argsort(-confidence, kind="stable")])


def correct_sample(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], *, of_each: int, seed: str
) -> list[Answer]:
    """Up to `of_each` correct answers of every class, drawn by the seed, class by class."""
    right = probabilities.argmax(axis=1) == labels
    drawn = []
    for label in range(probabilities.shape[1]):
        (there,) = np.nonzero(right & (labels == label))
        order = stream(derive_seed("correct sample", seed, label)).permutation(there)
        drawn.append(np.sort(order[:of_each]))
    return answers(probabilities, labels, np.concatenate(drawn))


def as_probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """The softmax of `logits` (N, classes), row by row."""
    return np.asarray(softmax(logits.astype(np.float64), axis=1))
