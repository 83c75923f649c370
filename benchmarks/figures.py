"""Medians, spreads and ratios of figures that were measured in rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of some figures, the least and the greatest."""

    median: float
    least: float
    greatest: float


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one figure."""
    return Spread(median(values), min(values), max(values))


def ratios(first: Sequence[float], second: Sequence[float]) -> Spread | None:
    """The spread of first / second, paired round by round; None unless both have a figure a round.

    Figures of one round were taken within seconds of each other: what slows the machine for a while slows
    both, and leaves their ratio alone.
    """
    if not first or len(first) != len(second):
        return None
    return spread([a / b for a, b in zip(first, second, strict=True)])
