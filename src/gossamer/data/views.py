"""Views: images moved, recoloured and partly blanked, in whole numbers, so that engines agree to the bit.

A view is VIEW numbers, int32:

    0 - 2   a, b, c: output pixel (i, j) is taken from the row a i + b j + c of the image,
    3 - 5   d, e, f: and from the column d i + e j + f, in steps of 1 / 65,536 of a pixel;
    6, 7    gain and offset, in steps of 1 / 256: a value v becomes (v gain + offset + 128) >> 8;
    8 - 10  top, left, side: the square whose pixels become 0; side 0 blanks nothing.

A place outside the image is moved to its nearest edge pixel first. Between pixels the value is bilinear, with
the upper 8 bits of the place's fraction as weights and rounding to nearest: where places are whole numbers,
pixels are copied. Values are clipped to 0 and 255.
"""

import numpy as np
from numpy.typing import NDArray

VIEW = 11
PIXEL = 1 << 16
"""Steps of a place per pixel."""
LEVEL = 1 << 8
"""Steps of a gain per 1, and of an offset per level of brightness."""

Views = NDArray[np.int32]
Places = NDArray[np.int64]


def same_views(count: int) -> Views:
    """`count` views that change nothing, int32 (count, VIEW)."""
    views = np.zeros((count, VIEW), np.int32)
    views[:, 0] = views[:, 4] = PIXEL
    views[:, 6] = LEVEL
    return views


def viewed(images: NDArray[np.uint8], views: Views) -> NDArray[np.uint8]:
    """The images (N, H, W, C), each by its view of `views` (N, VIEW), of the same shape."""
    count, height, width, _ = images.shape
    if np.array_equal(views, same_views(count)):
        return images
    i, j = np.arange(height)[:, None], np.arange(width)
    of = views.astype(np.int64)[:, :, None, None]
    rows, down = _places(of[:, 0] * i + of[:, 1] * j + of[:, 2], height)
    columns, right = _places(of[:, 3] * i + of[:, 4] * j + of[:, 5], width)
    flat = images.reshape(count * height * width, -1)
    first = np.arange(count)[:, None, None] * (height * width)
    below, beside = np.minimum(rows + 1, height - 1), np.minimum(columns + 1, width - 1)

    def at(row: Places, column: Places) -> NDArray[np.int64]:
        values: NDArray[np.int64] = flat[first + row * width + column].astype(np.int64)
        return values

    down, right = down[..., None], right[..., None]
    above: Places = at(rows, columns) * (LEVEL - right) + at(rows, beside) * right
    under: Places = at(below, columns) * (LEVEL - right) + at(below, beside) * right
    moved: Places = (above * (LEVEL - down) + under * down + (1 << 15)) >> 16
    levels = np.clip((moved * of[:, 6, ..., None] + of[:, 7, ..., None] + LEVEL // 2) >> 8, 0, 255)
    top, left, side = of[:, 8], of[:, 9], of[:, 10]
    blank = (i >= top) & (i < top + side) & (j >= left) & (j < left + side)
    levels[blank] = 0
    seen: NDArray[np.uint8] = levels.astype(np.uint8)
    return seen


def _places(steps: Places, size: int) -> tuple[Places, Places]:
    """The whole pixels, and the fractions in 1 / 256, of places in steps, moved into 0 to `size` - 1."""
    inside: Places = np.clip(steps, 0, (size - 1) * PIXEL)
    return inside >> 16, (inside & (PIXEL - 1)) >> 8
