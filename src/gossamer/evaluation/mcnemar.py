"""Two models on the same images: does one err alone more often than chance would have it?"""

from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Paired:
    """Images that only the one, or only the other, classifies correctly; p of that if both are as good."""

    only_first: int
    only_second: int
    p: float


def mcnemar(first_errors: set[int], second_errors: set[int]) -> Paired:
    """The exact test of McNemar (1947), two-sided, from the rows of the same images that each errs on."""
    only_first, only_second = len(second_errors - first_errors), len(first_errors - second_errors)
    if only_first + only_second == 0:
        return Paired(0, 0, 1.0)
    p = binomtest(only_first, only_first + only_second).pvalue
    return Paired(only_first, only_second, float(p))
