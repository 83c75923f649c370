"""Images made small enough to be shown by the hundred."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDES = (64, 48, 32, 24, 16)


def largest_side(shape: Sequence[int], count: int, most_bytes: int) -> int:
    """The largest of SIDES at which `count` thumbnails of images (H, W, C) have at most `most_bytes`.

    The smallest, if there is none.
    """
    fitting = (side for side in SIDES if count * int(np.prod(thumbnail_shape(shape, side))) <= most_bytes)
    return next(fitting, SIDES[-1])


def thumbnails(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The images (n, H, W, C) in grey or RGB, shrunk to at most `side` pixels each way; none is enlarged.

    Of 2 channels the first is shown, of 4 the first three.
    """
    height, width, channels = thumbnail_shape(images.shape[1:], side)
    shown = images[..., :channels]
    if (height, width) == images.shape[1:3]:
        return shown
    made = np.empty((len(images), height, width, channels), np.uint8)
    for place, pixels in enumerate(shown):
        picture = Image.fromarray(np.ascontiguousarray(pixels if channels == 3 else pixels[..., 0]))
        made[place] = np.asarray(picture.resize((width, height))).reshape(height, width, channels)
    return made


def thumbnail_shape(shape: Sequence[int], side: int) -> tuple[int, int, int]:
    """The (H, W, C) of the thumbnail of an image of that shape."""
    height, width, channels = shape
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale)), 3 if channels >= 3 else 1
