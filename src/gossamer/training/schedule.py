"""Schedules: the learning rate of every step, computed once for a whole fit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rates = NDArray[np.float64]

RISE = 0.3
"""The share of a one-cycle schedule's steps in which the rate rises."""
FIRST, LAST = 1 / 25, 1 / 25 / 1e4
"""A one-cycle schedule's first and last rate, as shares of its highest."""


def rates(schedule: str, learning_rate: float, steps: int) -> Rates:
    """The rate of each of `steps` steps, float64 (steps,); `learning_rate` is the highest of them."""
    return learning_rate * SCHEDULES[schedule](steps)


def _constant(steps: int) -> Rates:
    return np.ones(steps)


def _cosine(steps: int) -> Rates:
    """Half a cosine from 1 towards 0 (Loshchilov and Hutter 2017, eq. 5), as PyTorch's CosineAnnealingLR."""
    return _annealed(1.0, 0.0, np.arange(steps) / steps)


def _one_cycle(steps: int) -> Rates:
    """Half a cosine up, half a cosine down (Smith and Topin 2018), as PyTorch's OneCycleLR."""
    summit, last = RISE * steps - 1, steps - 1
    step = np.arange(steps)
    rising = _annealed(FIRST, 1.0, step / summit if summit > 0 else np.ones(steps))
    falling = _annealed(1.0, LAST, (step - summit) / (last - summit))
    return np.where(step <= summit, rising, falling)


def _annealed(start: float, end: float, share: Rates) -> Rates:
    return end + (start - end) / 2 * (1 + np.cos(np.pi * share))


SCHEDULES: dict[str, Callable[[int], Rates]] = {
    "constant": _constant,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
}
"""The schedules by name, each the steps' rates as shares of the highest."""
