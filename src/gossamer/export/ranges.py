"""Ranges of a network's values, by rules: wide enough to clip little, narrow enough to tell values apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Model
from gossamer.network.reference import Floats, model_values
from gossamer.reprs import Summarized

LEVELS = 255
CUT = 1e-4
"""The share of values that the percentile rule cuts off at each end."""
NARROWER = np.arange(1.0, 0.19, -0.02)
"""What the rule of least squares tries: shares of the range from the lowest to the highest value."""
BATCH = 250
SAMPLED = 200_000
"""Of the values at a node, that are kept, about."""

Range = tuple[float, float]
"""The lowest and the highest value that a number from 0 to 255 stands for; 0 lies within."""


@dataclass(frozen=True, eq=False, repr=False)
class Observed(Summarized):
    """The values at a node: the lowest and the highest, and some of them."""

    low: float
    high: float
    sample: Floats


def observe(model: Model, images: NDArray[np.uint8]) -> dict[str, Observed]:
    """The values at every node of a folded network for images (N, H, W, C)."""
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    samples: dict[str, list[Floats]] = {}
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        for node, values in model_values(model, batch):
            name = node.name
            lows[name] = min(lows.get(name, 0.0), float(values.min()))
            highs[name] = max(highs.get(name, 0.0), float(values.max()))
            every = max(1, values.size * len(images) // (len(batch) * SAMPLED)) | 1  # odd: no row alone
            samples.setdefault(name, []).append(values.reshape(-1)[::every])
    return {name: Observed(lows[name], highs[name], np.concatenate(samples[name])) for name in lows}


def _percentile(seen: Observed) -> Range:
    low, high = np.quantile(seen.sample, [CUT, 1 - CUT])
    return min(float(low), 0.0), max(float(high), 0.0)


def _least_squares(seen: Observed) -> Range:
    """The share of the whole range with the least mean square of what rounding and clipping change."""
    counts, edges = np.histogram(seen.sample, 2_048)
    values = (edges[1:] + edges[:-1]) / 2

    def error(share: float) -> float:
        low, high = share * seen.low, share * seen.high
        step = (high - low) / LEVELS or 1.0
        clipped = np.clip(values, low, high)
        rounded = np.rint((clipped - low) / step) * step + low
        return float(counts @ np.square(rounded - values))

    share = float(min(NARROWER, key=error))
    return share * seen.low, share * seen.high


RULES: dict[str, Callable[[Observed], Range]] = {
    "min-max": lambda seen: (seen.low, seen.high),
    "percentile": _percentile,
    "least-squares": _least_squares,
}
"""By name."""
