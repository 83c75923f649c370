"""McNemar's test: do two classifiers differ on the same images?"""

from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same images.

    Attributes:
        only_first: images that only the first classifies correctly.
        only_second: images that only the second classifies correctly.
        p: two-sided p-value of the hypothesis that both are equally good.
    """

    only_first: int
    only_second: int
    p: float


def mcnemar(first_errors: set[int], second_errors: set[int]) -> Paired:
    """The exact test of McNemar (1947), from the rows of the images that each classifier gets wrong."""
    only_first, only_second = len(second_errors - first_errors), len(first_errors - second_errors)
    if only_first + only_second == 0:
        return Paired(0, 0, 1.0)
    p = binomtest(only_first, only_first + only_second).pvalue
    return Paired(only_first, only_second, float(p))
