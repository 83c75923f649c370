"""Converts pictures to a size and channels; keeps the aspect ratio and pads."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gossamer.data.reading import Reading
from gossamer.errors import DataError


def fitted(picture: Image.Image, reading: Reading, padding: int | None = None) -> NDArray[np.uint8]:
    """A grey or RGB `picture` as an array (H, W, C) of the size and channels of `reading`.

    It keeps its aspect ratio, to the pixel. If the size has another ratio, the picture is centred and padded
    with grey of brightness `padding`, 0 to 255 (None: the background of `reading`).
    """
    if reading.channels is not None:
        picture = picture.convert("L" if reading.channels == 1 else "RGB")
    if reading.size is not None and picture.size != reading.size[::-1]:
        inner = _inner(picture.size, reading.size[::-1])
        picture = picture.resize(inner, Image.Resampling.LANCZOS)
        if picture.size != reading.size[::-1]:
            picture = _padded(picture, reading.size[::-1], reading.brightness if padding is None else padding)
            if reading.on_padding is not None:
                reading.on_padding()
    array = np.asarray(picture)
    return array[..., np.newaxis] if array.ndim == 2 else array


def fit_array(images: NDArray[np.uint8], reading: Reading, padding: int | None = None) -> NDArray[np.uint8]:
    """Images uint8 (N, H, W, C) of 1 or 3 channels, each `fitted`.

    Raises:
        DataError: they have another number of channels.
    """
    size, channels = reading.size or images.shape[1:3], reading.channels or images.shape[3]
    if images.shape[1:] == (*size, channels):
        return images
    if images.shape[3] not in {1, 3}:
        raise DataError(
            f"images of {images.shape[3]} channels can be neither resized nor converted, only grey and RGB"
        )
    squeezed = images[..., 0] if images.shape[3] == 1 else images
    return np.stack([fitted(Image.fromarray(image), reading, padding) for image in squeezed])


def _inner(of: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest width and height within `size` with the ratio of `of`, in pixels, at least 1."""
    scale = min(size[0] / of[0], size[1] / of[1])
    width, height = (max(1, min(most, round(side * scale))) for side, most in zip(of, size, strict=True))
    return width, height


def _padded(picture: Image.Image, size: tuple[int, int], brightness: int) -> Image.Image:
    canvas = Image.new(picture.mode, size, (brightness,) * len(picture.getbands()))
    canvas.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return canvas
