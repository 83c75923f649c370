"""Answers with their images: one picture that holds them all, and each one's place in it."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gossamer.report.records import Answer, Answers, Doubts
from gossamer.reprs import Summarized

COLUMNS = 32


@dataclass(frozen=True, repr=False)
class Gallery(Summarized):
    """Answers and the sheet of their images.

    Attributes:
        answers: all of them.
        pictured: how many of them, the first, are on the sheet.
        columns: images in a line of the sheet.
        rows: lines.
        sheet: a PNG in base 64; empty where there is no image.
    """

    answers: tuple[Answer, ...]
    pictured: int
    columns: int
    rows: int
    sheet: str

    @property
    def shown(self) -> tuple[Answer, ...]:
        """The answers that have an image."""
        return self.answers[: self.pictured]

    def place(self, number: int) -> str:
        """Where an answer's image is on the sheet, as a style."""
        return f"--x:{number % self.columns};--y:{number // self.columns}"


def gallery(found: Answers | Doubts, shape: tuple[int, ...]) -> Gallery:
    """The gallery of answers about images (H, W, C) of that shape.

    Raises:
        ValueError: the pixels are not those of so many images.
    """
    images = pixels(found, shape)
    if len(images) == 0:
        return Gallery(found.answers, 0, 1, 1, "")
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    return Gallery(found.answers, len(images), columns, rows, _sheet(images, columns, rows))


def pixels(found: Answers | Doubts, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The images, uint8 (n, H, W, C).

    Raises:
        ValueError: they are not of that shape, or more than there are answers.
    """
    raw = b64decode(found.pixels, validate=True)
    size = int(np.prod(shape))
    if len(raw) % size or len(raw) // size > len(found.answers):
        raise ValueError(f"pixels are not those of {len(found.answers)} images at most")
    return np.frombuffer(raw, np.uint8).reshape(-1, *shape)


def _sheet(images: NDArray[np.uint8], columns: int, rows: int) -> str:
    n, height, width, channels = images.shape
    whole = np.zeros((rows * columns, height, width, channels), np.uint8)
    whole[:n] = images
    sheet = whole.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    sheet = np.ascontiguousarray(sheet).reshape(rows * height, columns * width, channels)
    picture = Image.fromarray(sheet if channels == 3 else np.ascontiguousarray(sheet[..., 0]))
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return b64encode(out.getvalue()).decode()
