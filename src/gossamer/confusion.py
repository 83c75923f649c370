"""What counts by true and predicted class say where classes are uneven; the counts are exact, so are these.

`confusion` is int64 (classes, classes): images by true class (row) and predicted class (column).
"""

from math import fsum

import numpy as np
from numpy.typing import NDArray


def balanced_accuracy(confusion: NDArray[np.int64]) -> float:
    """Mean recall over the classes that are there (Brodersen et al. 2010); NaN if there are no images."""
    there = confusion.sum(axis=1)
    return _mean(confusion.diagonal()[there > 0] / there[there > 0])


def macro_f1(confusion: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that are there or were predicted, as in scikit-learn; NaN without any."""
    met = confusion.sum(axis=1) + confusion.sum(axis=0)
    return _mean(2 * confusion.diagonal()[met > 0] / met[met > 0])


def _mean(figures: NDArray[np.float64]) -> float:
    # a sum that is rounded once does not depend on how this machine's NumPy groups its summands
    return fsum(figures.tolist()) / len(figures) if len(figures) else float("nan")
