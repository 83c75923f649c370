"""Where names beside points of a figure stand so that none covers another name or point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CHARACTER, LINE = 5.8, 13.0
"""A character's width and a line's height in pixels, of the size that figures write in."""
BESIDE = 9.0
"""From a point to its name."""


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two have an area in common."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, other: "Box") -> bool:
        """Whether the other lies within this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def label_boxes(names: Sequence[str], points: Sequence[Box], frame: Box) -> list[Box]:
    """A box for every name: to the right of its point, to the left, above or below.

    It is the first of these within `frame` that meets no point and no earlier box; where none is, the first.
    """
    placed: list[Box] = []
    for name, point in zip(names, points, strict=True):
        ways = list(_ways(CHARACTER * len(name), point, frame))
        taken = [*placed, *(other for other in points if other is not point)]
        free = (way for way in ways if frame.holds(way) and not any(way.meets(each) for each in taken))
        placed.append(next(free, ways[0]))
    return placed


def _ways(width: float, point: Box, frame: Box) -> Iterator[Box]:
    middle, across = (point.top + point.bottom) / 2, (point.left + point.right) / 2
    top, left = middle - LINE / 2, max(frame.left, min(across - width / 2, frame.right - width))
    yield Box(across + BESIDE, top, across + BESIDE + width, top + LINE)
    yield Box(across - BESIDE - width, top, across - BESIDE, top + LINE)
    yield Box(left, point.top - LINE, left + width, point.top)
    yield Box(left, point.bottom, left + width, point.bottom + LINE)
