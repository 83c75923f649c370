"""What all charts are made of: a frame, ticks, and curves with a dot at each epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 54.0, 468.0, 46.0, 258.0
"""The frame that the curves are drawn in."""

Point = tuple[float, float]
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Curve:
    """A line with a dot at each epoch; broken where the fit diverged. A faint one has no dots."""

    name: str
    lines: tuple[str, ...]
    dots: tuple[Point, ...]
    faint: bool = False


@dataclass(frozen=True)
class Chart:
    """Training and validation curves of a figure over the epochs; `best` and `onset` are epochs' places."""

    title: str
    description: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    curves: tuple[Curve, ...]
    best: float | None = None
    onset: float | None = None


@dataclass(frozen=True)
class Frame:
    """The scales of a chart over epochs 1 to `epochs` that holds all of `values`."""

    x: Scale
    y: Scale
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, epochs: int, values: Sequence[float]) -> "Frame":
        """The frame; without values it goes from 0 to 1."""
        there = values or [0.0, 1.0]
        y_values = ticks(min(there), max(there))
        x = scale(1, max(epochs, 2), LEFT, RIGHT)
        y = scale(y_values[0], y_values[-1], BOTTOM, TOP)
        return cls(
            x,
            y,
            tuple((x(epoch), str(epoch)) for epoch in range(1, epochs + 1, ceil(epochs / 12))),
            tuple((y(value), f"{value:.6g}") for value in y_values),
        )

    def curve(self, name: str, values: Sequence[float | None], *, faint: bool = False) -> Curve:
        """The curve of one value per epoch."""
        lines: list[str] = []
        dots: list[Point] = []
        for there, run in groupby(enumerate(values, 1), key=lambda pair: pair[1] is not None):
            if there:
                points = [(self.x(epoch), self.y(value)) for epoch, value in run if value is not None]
                dots += points
                lines.append(" ".join(f"{px:.1f},{py:.1f}" for px, py in points))
        return Curve(name, tuple(lines), () if faint else tuple(dots), faint)


def scale(low: float, high: float, begin: float, end: float) -> Scale:
    """From low..high to begin..end, to a tenth."""
    return lambda value: round(begin + (value - low) / (high - low) * (end - begin), 1)


def ticks(low: float, high: float) -> list[float]:
    """Three to eight round numbers, evenly apart, from at most `low` to at least `high`."""
    if high - low < 1e-9:  # a step between nearly equal values could vanish
        low, high = low - max(abs(low), 1) / 20, high + max(abs(high), 1) / 20
    rough = (high - low) / 5
    power = 10.0 ** floor(log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    return [i * step for i in range(floor(low / step), ceil(high / step) + 1)]
