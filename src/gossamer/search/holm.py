"""Holm's correction for many tests at once."""

from collections.abc import Sequence
from itertools import accumulate


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value adjusted for all of them, in their order.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none exceeds 1 or falls below one
    before it. Rejecting those below a level keeps the chance of any wrong rejection below that level,
    however the tests depend on each other (Holm 1979, Scandinavian Journal of Statistics 6).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = (min(1.0, (len(order) - place) * p_values[i]) for place, i in enumerate(order))
    adjusted = dict(zip(order, accumulate(scaled, max), strict=True))
    return [adjusted[i] for i in range(len(p_values))]
