"""Metrics for uneven classes, from counts of images: `confusion` (classes, classes) int64.

Rows are true classes, columns predicted classes. The counts are exact, and so are the metrics.
"""

from math import fsum

import numpy as np
from numpy.typing import NDArray


def balanced_accuracy(confusion: NDArray[np.int64]) -> float:
    """Mean recall over the classes that have images (Brodersen et al. 2010); NaN if none has."""
    images = confusion.sum(axis=1)
    return _mean(confusion.diagonal()[images > 0] / images[images > 0])


def macro_f1(confusion: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that have images or predictions, as in scikit-learn; NaN if none has."""
    met = confusion.sum(axis=1) + confusion.sum(axis=0)
    return _mean(2 * confusion.diagonal()[met > 0] / met[met > 0])


def _mean(figures: NDArray[np.float64]) -> float:
    # fsum rounds once: its result does not depend on the order in which a machine's NumPy adds
    return fsum(figures.tolist()) / len(figures) if len(figures) else float("nan")
