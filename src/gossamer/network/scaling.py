"""What becomes of a number of the user's data before the first layer: a pixel, and then a number near 0 to 1.

Both steps are in the model file, and every reader and every export takes them from there.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TINY = float(np.finfo(np.float64).tiny)
_ROUNDING = 1e-4
"""How far float32's k / 255 may be from a whole number when it is multiplied by 255 again, and more."""


@dataclass(frozen=True)
class Scaling:
    """Min-max scaling of a pixel to [0, 1]: (pixel - minimum) / (maximum - minimum)."""

    minimum: float = 0.0
    maximum: float = 255.0

    def __post_init__(self) -> None:
        if not (isfinite(self.minimum) and isfinite(self.maximum) and self.minimum < self.maximum):
            raise ValueError(f"scaling from {self.minimum} to {self.maximum} has no width")

    def is_far_from(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether a pixel lies outside the range by more than the range is wide: it is of other units."""
        width = self.maximum - self.minimum
        return bool(pixels.max() > self.maximum + width or pixels.min() < self.minimum - width)


@dataclass(frozen=True)
class Values:
    """The user's numbers as pixels: `zero` is pixel 0, and each `step` is one pixel more, up to 255.

    By default the numbers are pixels themselves.
    """

    zero: float = 0.0
    step: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.zero) and isfinite(self.step) and self.step > 0):
            raise ValueError(f"values from {self.zero} in steps of {self.step} are no range")

    @property
    def are_pixels(self) -> bool:
        """Whether pictures have such numbers: pixels, or pixels divided by 255."""
        return self.zero == 0 and self.step in {1.0, 1 / 255}

    @property
    def range(self) -> tuple[float, float]:
        """The numbers that pixels 0 and 255 stand for."""
        return self.zero, self.zero + 255 * self.step

    def pixels(self, numbers: NDArray[Any]) -> NDArray[np.uint8]:
        """The nearest pixels, uint8 of the same shape; what lies outside `range` is cut off."""
        if numbers.dtype == np.uint8 and self == PIXELS:
            return numbers
        # halves cannot overflow, and the difference comes before the quotient, which would round it away
        found = (numbers.astype(np.float64) / 2 - self.zero / 2) / (self.step / 2)
        return np.round(np.clip(found, 0, 255)).astype(np.uint8)


PIXELS = Values()
"""Numbers that are pixels themselves."""


def scaling_of(numbers: NDArray[Any]) -> tuple[Values, Scaling]:
    """How training data of any numeric type (finite) become pixels, and how those are scaled.

    uint8 are pixels and divided by 255. All else is min-max scaled: whole numbers 0 to 255 are pixels, and
    so are those divided by 255; nothing of them is lost. Other numbers become 256 steps from the smallest to
    the largest, each within half a step, 1/510 of the range.
    """
    if numbers.dtype == np.uint8:
        return PIXELS, Scaling()
    low, high = float(numbers.min()), float(numbers.max())
    for values in (PIXELS, Values(step=1 / 255)):
        first, last = (float(np.round(bound / values.step)) for bound in (low, high))
        differ = first < last or low == high  # the smallest and the largest, once they are pixels
        if differ and 0 <= low <= high <= 255 * values.step and _are_steps(numbers, values.step):
            return values, Scaling(first, max(last, first + 1))
    step = high / 255 - low / 255
    return Values(low, step if step >= _TINY else 1.0), Scaling()


def _are_steps(numbers: NDArray[Any], step: float) -> bool:
    steps = numbers / step
    return bool((np.abs(steps - np.round(steps)) <= (0 if step == 1 else _ROUNDING)).all())
