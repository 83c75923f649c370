"""Augmentation: the view that an epoch has of each image, from derived draws.

Every part draws from a stream of its own, named by the part, the fit's seed and the epoch, for every image of
the data set. So neither another part nor another value of the same part changes a draw: what a shift of at
most 1 moves up, a shift of at most 2 does not move down.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gossamer.data.views import LEVEL, PIXEL, Views, same_views
from gossamer.seeds import derive_seed, stream

FLIPS = ("none", "horizontal", "alternating")
MIDDLE = 128
"""Mid-grey of pixels from 0 to 255: the value that a change of contrast leaves as it is."""


@dataclass(frozen=True)
class Augmentation:
    """How much views differ from their images; by default not at all. Draws are uniform.

    Attributes:
        flip: "horizontal" mirrors half of the images; "alternating" mirrors half of them in the first epoch,
            and from then on each in every second epoch (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds").
        shift: whole pixels at most, up, down, left and right.
        rotate: degrees at most, either way, around the middle.
        zoom: share at most by which an image is enlarged or reduced.
        brightness: share at most by which values grow or shrink.
        contrast: share at most by which their distances from mid-grey do.
        erase: the side in pixels of a square that is blanked in half of the images.
    """

    flip: str = "none"
    shift: int = 0
    rotate: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    erase: int = 0

    @property
    def any(self) -> bool:
        """Whether views differ from their images at all."""
        return self != Augmentation()

    @property
    def kinds(self) -> int | None:
        """How many views there are of an image; None if they are too many to count."""
        if replace(self, flip="none", shift=0).any:
            return None
        return (1 + (self.flip != "none")) * (1 + 2 * self.shift) ** 2

    def views(
        self, count: int, height: int, width: int, seed: str, epoch: int, *, middle: float = MIDDLE
    ) -> Views:
        """The views of `count` images in `epoch`, from 1, int32 (count, VIEW) of `gossamer.data.views`.

        `middle` is mid-grey, where pixels have another range.
        """
        draws = _Draws(count, seed, epoch)
        views = same_views(count)
        self._move(views, draws, height, width)
        self._recolour(views, draws, middle)
        if self.erase:
            side = min(self.erase, height, width)
            blanked, top, left = draws.of("erase", 3).T
            views[:, 8] = np.floor(top * (height - side + 1))
            views[:, 9] = np.floor(left * (width - side + 1))
            views[:, 10] = np.where(blanked < 0.5, side, 0)
        return views

    def _move(self, views: Views, draws: "_Draws", height: int, width: int) -> None:
        angle = np.radians(self.rotate) * draws.either_way("rotate") if self.rotate else 0.0
        scale = 1 / (1 + self.zoom * draws.either_way("zoom")) if self.zoom else 1.0
        # the linear part first, in whole steps, so that what it leaves of the middle is known exactly
        across, turned = np.rint(np.cos(angle) * scale * PIXEL), np.rint(np.sin(angle) * scale * PIXEL)
        mirrored = np.where(draws.mirrored(self.flip), -1, 1)
        views[:, 0], views[:, 1] = across, -turned * mirrored
        views[:, 3], views[:, 4] = turned, across * mirrored
        down, right = (self.shift * 2 + 1) * draws.of("shift", 2).T if self.shift else np.zeros((2, 1))
        middles = (height - 1) / 2, (width - 1) / 2
        for place, shift, middle in ((2, down, middles[0]), (5, right, middles[1])):
            i, j = views[:, place - 2], views[:, place - 1]
            moved = np.floor(shift) - self.shift
            views[:, place] = np.rint((middle + moved) * PIXEL - i * middles[0] - j * middles[1])

    def _recolour(self, views: Views, draws: "_Draws", middle: float) -> None:
        brighter = 1 + self.brightness * draws.either_way("brightness") if self.brightness else 1.0
        stronger = 1 + self.contrast * draws.either_way("contrast") if self.contrast else 1.0
        views[:, 6] = np.rint(brighter * stronger * LEVEL)
        views[:, 7] = np.rint(brighter * (1 - stronger) * middle * LEVEL)


class _Draws:
    """The draws of one epoch, by the name of what they are for."""

    def __init__(self, count: int, seed: str, epoch: int) -> None:
        self._count, self._seed, self._epoch = count, seed, epoch

    def of(self, name: str, numbers: int, epoch: int | None = None) -> NDArray[np.float64]:
        """Uniform draws from 0 to below 1, float64 (count, numbers)."""
        seed = derive_seed(name, self._seed, self._epoch if epoch is None else epoch)
        return stream(seed).random_sample((self._count, numbers))

    def either_way(self, name: str) -> NDArray[np.float64]:
        """Uniform draws from -1 to below 1, float64 (count,)."""
        return 2 * self.of(name, 1)[:, 0] - 1

    def mirrored(self, flip: str) -> NDArray[np.bool_]:
        """Which images are mirrored."""
        if flip == "none":
            return np.zeros(self._count, bool)
        if flip == "horizontal":
            return self.of("flip", 1)[:, 0] < 0.5
        first = self.of("flip", 1, epoch=1)[:, 0] < 0.5
        return first ^ (self._epoch % 2 == 0)
