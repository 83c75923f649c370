"""Possible label errors, from out-of-fold predictions (Northcutt, Jiang and Chuang 2021)."""

import numpy as np
from numpy.typing import NDArray

from gossamer.evaluation.answers import Answer


def possible_label_errors(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Answer]:
    """The images counted off the diagonal of the confident joint, the largest margin first.

    A class's threshold is the mean probability that images labelled so are given of it (Eq. 2). An image
    counts for the likeliest of the classes whose threshold it reaches (Eq. 1); if that is not its label, the
    label is a possible error (section 3.2, "C confusion"). They are ordered by the
    normalized margin: how much likelier the other class is than the label.

    Args:
        probabilities: (N, classes), from models that were not trained on the image; a row of NaN is passed
            over.
        labels: (N,).

    Returns:
        Answers whose `predicted` is the class that the image counts for, and `confidence` that class's
        probability.
    """
    known = np.isfinite(probabilities).all(axis=1)
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    thresholds = np.array(
        [
            own[known & (labels == label)].mean() if (known & (labels == label)).any() else np.inf
            for label in range(classes)
        ]
    )
    enough = np.isfinite(probabilities) & np.greater_equal(probabilities, thresholds)
    reached = np.where(enough, probabilities, -np.inf)
    counted = reached.argmax(axis=1)
    other = reached[np.arange(len(labels)), counted]
    (suspected,) = np.nonzero((other > -np.inf) & (counted != labels))
    margin = other[suspected] - own[suspected]
    return [
        Answer(int(row), int(labels[row]), int(counted[row]), float(other[row]), float(own[row]))
        for row in suspected[np.argsort(-margin, kind="stable")]
    ]
