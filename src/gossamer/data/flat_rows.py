"""Images given as flat rows of pixels: grey squares, if the number of pixels is a square."""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import DataError


def square_side(pixels: int) -> int | None:
    """The side of a square of `pixels` pixels; None if there is none."""
    side = isqrt(pixels)
    return side if side > 0 and side * side == pixels else None


def as_squares(rows: NDArray[np.generic], where: str) -> NDArray[np.generic]:
    """Flat rows (N, F) as grey squares (N, H, W, 1).

    Raises:
        DataError: F is not a square. Colour is refused, too: the order of its channels is unknown.
    """
    count, pixels = rows.shape
    side = square_side(pixels)
    if colour := colour_side(pixels):
        raise DataError(
            f"{where}: rows of {pixels:,} pixels, perhaps RGB of {colour}x{colour}: reshape(-1, {colour},"
            f" {colour}, 3) if the channels of a pixel are adjacent, or reshape(-1, 3, {colour},"
            f" {colour}).transpose(0, 2, 3, 1) if the channels follow one another, as in CIFAR"
        )
    if side is None:
        raise DataError(
            f"{where}: images of shape {rows.shape}; {pixels:,} pixels per row are not a square: reshape to"
            " (N, H, W) or (N, H, W, C)"
        )
    return rows.reshape(count, side, side, 1)


def colour_side(pixels: int) -> int | None:
    """The side of a square of three channels with `pixels` values; None if there is none."""
    return None if pixels % 3 else square_side(pixels // 3)


def squares_note(images: NDArray[np.generic], where: str) -> tuple[str, ...]:
    """Notes on how flat rows were interpreted."""
    if images.ndim != 2:
        return ()
    side = square_side(images.shape[1])
    return (f"{where}: rows of {images.shape[1]:,} pixels are read as grey images of {side}x{side}",)
