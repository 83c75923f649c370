"""How much accuracy another form of a model costs at the most, from answers to the same images."""

from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

LEVEL = 0.95
"""Of the one-sided limit."""


def largest_likely_loss(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """The upper 95 % limit of the loss of accuracy on images of the same kind, -1 to 1; NaN of no images.

    `before` and `after` (N,) say which of the same N images each form answers correctly. It is the upper end
    of Tango's (1998) score interval for the difference of paired proportions, one-sided. Few images give a
    high limit even where no answer changes.
    """
    n = len(before)
    if n == 0:
        return nan
    lost, gained = int((before & ~after).sum()), int((after & ~before).sum())
    z = float(ndtri(LEVEL))

    def above(loss: float) -> float:
        """0 where the score statistic of the hypothesis that this is the loss is -z."""
        b = (2 * n - lost + gained) * loss - lost - gained
        product = gained * loss * (1 - loss)
        only_after = (sqrt(b * b + 8 * n * product) - b) / (4 * n)
        return lost - gained - n * loss + z * sqrt(max(0.0, n * (2 * only_after + loss * (1 - loss))))

    observed = (lost - gained) / n
    return 1.0 if observed == 1 else float(brentq(above, observed + 1e-12, 1.0))  # of no loss, 0 is a root
