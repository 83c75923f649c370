"""One picture that holds many images of a size, and each one's place in it."""

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gossamer.reprs import Summarized

COLUMNS = 32


@dataclass(frozen=True, repr=False)
class Sheet(Summarized):
    """Images on one picture.

    Attributes:
        pictured: how many.
        columns: images in a line of the sheet.
        rows: lines.
        sheet: a PNG in base 64; empty where there is no image.
    """

    pictured: int
    columns: int
    rows: int
    sheet: str

    def place(self, number: int) -> str:
        """Where an image is on the sheet, as a style."""
        return f"--x:{number % self.columns};--y:{number // self.columns}"


def sheet_of(images: NDArray[np.uint8]) -> Sheet:
    """The sheet of `images` (n, H, W, C): of 3 channels in colour, else the first of them in grey."""
    n, height, width, channels = images.shape
    if n == 0:
        return Sheet(0, 1, 1, "")
    columns = min(COLUMNS, n)
    rows = -(-n // columns)
    whole = np.zeros((rows * columns, height, width, channels), np.uint8)
    whole[:n] = images
    lines = whole.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    pixels = np.ascontiguousarray(lines).reshape(rows * height, columns * width, channels)
    picture = Image.fromarray(pixels if channels == 3 else np.ascontiguousarray(pixels[..., 0]))
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return Sheet(n, columns, rows, b64encode(out.getvalue()).decode())
