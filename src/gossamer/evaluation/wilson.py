"""How far a share of so many images can be trusted."""

from math import sqrt


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % interval of the share on other images of the same kind (Wilson 1927); n is above 0."""
    z, p = 1.959964, correct / n
    centre, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (centre - reach) / (1 + z * z / n)), min(1.0, (centre + reach) / (1 + z * z / n))
