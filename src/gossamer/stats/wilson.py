"""How precise an accuracy is that was measured on n images."""

from scipy.stats import binomtest


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % interval (low, high) of the accuracy on all images of the same kind (Wilson 1927); n > 0."""
    interval = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)
