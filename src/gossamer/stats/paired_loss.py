"""How much accuracy a change to a model costs at most, from predictions before and after it."""

from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

LEVEL = 0.95
"""Confidence level of the one-sided limit."""


def largest_likely_loss(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """The upper 95 % limit of the loss of accuracy on images of the same kind, -1 to 1; NaN if N is 0.

    `before` and `after` (N,) say which of the same N images are classified correctly. The limit is the upper
    end of Tango's (1998) one-sided score interval for the difference of paired proportions. It is high for
    few images, even if no prediction changes.
    """
    n = len(before)
    if n == 0:
        return nan
    lost, gained = int((before & ~after).sum()), int((after & ~before).sum())
    z = float(ndtri(LEVEL))

    def above(loss: float) -> float:
        """Zero where the score statistic of the hypothesis "this is the loss" equals -z."""
        b = (2 * n - lost + gained) * loss - lost - gained
        product = gained * loss * (1 - loss)
        only_after = (sqrt(b * b + 8 * n * product) - b) / (4 * n)
        return lost - gained - n * loss + z * sqrt(max(0.0, n * (2 * only_after + loss * (1 - loss))))

    observed = (lost - gained) / n
    return (
        1.0 if observed == 1 else float(brentq(above, observed + 1e-12, 1.0))
    )  # 0 is a root if observed is 0
