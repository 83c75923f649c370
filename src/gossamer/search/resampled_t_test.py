"""The corrected resampled t-test: are differences over folds more than the luck of the split?

Nadeau and Bengio 2003, "Inference for the generalization error", Machine Learning 52, section 4. Folds share
training images, so their differences are alike, and the plain paired t-test takes luck for proof. The
correction adds the ratio of validation to training images to the 1 / J of the variance of a mean of J. It was
derived for random splits; for k-fold cross validation it is a heuristic, and the usual one.
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
        low: where its 95% confidence interval begins.
        high: where it ends.
        p: of a difference so far from 0 or farther, to either side, if there were none in truth.
    """

    mean: float
    low: float
    high: float
    p: float


def corrected_t_test(differences: Sequence[float], validation_ratio: float) -> Difference:
    """Test whether `differences`, one a fold (and repeat), at least two, differ from 0 in the mean.

    Differences that do not vary leave the test no scale. If they are 0, p is 1. If they are not, p is 0, the
    limit for differences that vary less and less; rounding alone decides whether they vary at all, so any
    other answer would hang on the last bit.

    Args:
        differences: J of them.
        validation_ratio: how many validation images there are to one training image; 0 gives the plain
            paired t-test.
    """
    count, mean = len(differences), fmean(differences)
    error = sqrt(variance(differences) * (1 / count + validation_ratio))
    if error == 0:
        return Difference(mean, mean, mean, p=float(mean == 0))
    reach = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(count - 1, -abs(mean) / error))
    return Difference(mean, mean - reach, mean + reach, p)
