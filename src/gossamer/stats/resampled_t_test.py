"""The corrected resampled t-test: do two settings differ over the same folds by more than chance?

Nadeau and Bengio 2003, "Inference for the generalization error", Machine Learning 52, section 4. Folds share
training images, so their differences are correlated, and the plain paired t-test rejects too often. The
correction replaces the factor 1 / J in the variance of a mean of J by 1 / J + validation images / training
images. It was derived for random splits; for k-fold cross validation it is the usual heuristic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

from scipy.special import stdtr, stdtrit  # a hundred times faster than scipy.stats.t, to the same digits

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Difference:
    """A mean difference.

    Attributes:
        mean: over the folds.
        low: lower end of its 95 % confidence interval.
        high: upper end of the interval.
        p: two-sided p-value of the hypothesis that there is no difference.
    """

    mean: float
    low: float
    high: float
    p: float


def corrected_t_test(differences: Sequence[float], validation_ratio: float) -> Difference:
    """Test whether the mean of `differences` differs from 0.

    If all differences are 0, p is 1. If they are equal but not 0, p is 0: the limit as their variance goes
    to 0. (Rounding alone decides whether such differences vary at all; p must not depend on that.)

    Args:
        differences: one per fold and repeat, at least two.
        validation_ratio: validation images per training image; 0 gives the plain paired t-test.
    """
    count, mean = len(differences), fmean(differences)
    error = sqrt(variance(differences) * (1 / count + validation_ratio))
    if error == 0:
        return Difference(mean, mean, mean, p=float(mean == 0))
    reach = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(count - 1, -abs(mean) / error))
    return Difference(mean, mean - reach, mean + reach, p)
