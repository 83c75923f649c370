"""Holm's correction for many tests at once; SciPy has none, and statsmodels is a large dependency for it."""

from collections.abc import Sequence
from itertools import accumulate


def holm(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values, in the given order.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none exceeds 1 or falls below the
    previous one. Rejecting those below a level keeps the chance of any false rejection below that level,
    even for dependent tests (Holm 1979, Scandinavian Journal of Statistics 6).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = (min(1.0, (len(order) - rank) * p_values[i]) for rank, i in enumerate(order))
    adjusted = dict(zip(order, accumulate(scaled, max), strict=True))
    return [adjusted[i] for i in range(len(p_values))]
