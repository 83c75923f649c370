"""Accuracy against what networks cost, as one SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from gossamer.report.chart import scale, ticks
from gossamer.report.labels import Box, label_boxes

WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 320, 56.0, 30.0, 40.0
"""Of one panel, and where its frame begins; GAP is left below and to the right of the frame."""
RADIUS = 4
"""Of a point."""


@dataclass(frozen=True)
class CostPoint:
    """A network: its name, what it costs by the cost's name, its accuracy, and the deviation of that."""

    name: str
    costs: dict[str, int]
    accuracy: float
    spread: float | None


def cost_figure(points: Sequence[CostPoint], label: str, title: str = "accuracy in %") -> str:
    """A panel per cost, side by side; a bar through each point spans its standard deviation."""
    names = list(points[0].costs)
    panels = [_panel(points, title, name, WIDTH * number) for number, name in enumerate(names)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(names) * WIDTH} {HEIGHT}" font-size="11"'
        f' font-family="sans-serif" role="img" aria-label="{escape(label)}">\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(panels) + "\n</svg>\n"
    )


def _panel(points: Sequence[CostPoint], title: str, name: str, begin: float) -> str:
    left, right, bottom = begin + LEFT, begin + WIDTH - GAP, HEIGHT - GAP
    costs = [log10(point.costs[name]) for point in points]
    levels = [value for point in points for value in _bar(point)]
    low, high = floor(4 * min(costs)) / 4, ceil(4 * max(costs) + 0.5) / 4
    y_ticks = ticks(min(levels), max(levels))
    x, y = scale(low, high, left, right), scale(y_ticks[0], y_ticks[-1], bottom, TOP)
    lines = [
        f'<text x="{(left + right) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{name}</text>',
        f'<text x="{left}" y="{TOP - 12}">{title}</text>',
    ]
    for value in y_ticks:
        lines.append(f'<path d="M{left} {y(value)}H{right}" stroke="#ddd"/>')
        lines.append(f'<text x="{left - 6}" y="{y(value) + 4}" text-anchor="end">{value:.4g}</text>')
    steps = [step * 10**exponent for exponent in range(floor(low), ceil(high) + 1) for step in (1, 2, 5)]
    for step in steps:
        if low <= log10(step) <= high:
            at = x(log10(step))
            lines.append(f'<path d="M{at} {TOP}V{bottom}" stroke="#ddd"/>')
            lines.append(f'<text x="{at}" y="{bottom + 14}" text-anchor="middle">{_short(step)}</text>')
    bars = []
    for point in points:
        across, (least, most) = x(log10(point.costs[name])), map(y, _bar(point))
        middle = y(100 * point.accuracy)
        bars.append(
            Box(across - RADIUS, min(most, middle - RADIUS), across + RADIUS, max(least, middle + RADIUS))
        )
        lines += [
            f'<path d="M{across} {least}V{most}" stroke="#1f6feb" stroke-width="2"/>',
            f'<circle cx="{across}" cy="{middle}" r="{RADIUS}" fill="#1f6feb"/>',
        ]
    labels = [point.name for point in points]
    for label, box in zip(labels, label_boxes(labels, bars, Box(left, TOP, right, bottom)), strict=True):
        at = (box.left + box.right) / 2
        lines.append(f'<text x="{at}" y="{box.bottom - 3}" text-anchor="middle">{escape(label)}</text>')
    return "\n".join(lines)


def _bar(point: CostPoint) -> tuple[float, float]:
    spread = point.spread or 0.0
    return 100 * (point.accuracy - spread), 100 * (point.accuracy + spread)


def _short(value: int) -> str:
    return f"{value // 10**6}M" if value >= 10**6 else f"{value // 1000}k" if value >= 1000 else str(value)
