"""Schedules: the learning rate of every step of a fit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Rates = NDArray[np.float64]

RISE = 0.3
"""The share of a one-cycle schedule's steps in which the rate rises."""
FIRST, LAST = 1 / 25, 1 / 25 / 1e4
"""A one-cycle schedule's first and last rate, as shares of its highest."""


def rates(schedule: str, learning_rate: float, steps: NDArray[np.int64], of: int) -> Rates:
    """The rates of `steps`, counted from 0, of a fit of `of` steps; `learning_rate` is the highest of all."""
    return learning_rate * SCHEDULES[schedule](steps, of)


def _constant(steps: NDArray[np.int64], of: int) -> Rates:  # noqa: ARG001 - as the others
    return np.ones(len(steps))


def _cosine(steps: NDArray[np.int64], of: int) -> Rates:
    """Half a cosine from 1 towards 0 (Loshchilov and Hutter 2017, eq. 5), as PyTorch's CosineAnnealingLR."""
    return _annealed(1.0, 0.0, steps / of)


def _one_cycle(steps: NDArray[np.int64], of: int) -> Rates:
    """Half a cosine up, half a cosine down (Smith and Topin 2018), as PyTorch's OneCycleLR."""
    summit, last = RISE * of - 1, of - 1
    rising = _annealed(FIRST, 1.0, steps / summit) if summit > 0 else np.ones(len(steps))
    falling = _annealed(1.0, LAST, (steps - summit) / (last - summit))
    return np.where(steps <= summit, rising, falling)


def _annealed(start: float, end: float, share: NDArray[np.floating]) -> Rates:
    found: Rates = end + (start - end) / 2 * (1 + np.cos(np.pi * share))
    return found


SCHEDULES: dict[str, Callable[[NDArray[np.int64], int], Rates]] = {
    "constant": _constant,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
}
"""The schedules by name, as shares of the highest rate."""
