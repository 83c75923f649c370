"""Answers with their images: one picture that holds them all, and each one's place in it."""

from base64 import b64decode
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.report.records import Answer, Answers, LabelErrors
from gossamer.report.sheet import Sheet, sheet_of


@dataclass(frozen=True, repr=False)
class Gallery(Sheet):
    """Answers and the sheet of the images of the first of them."""

    answers: tuple[Answer, ...]

    @property
    def shown(self) -> tuple[Answer, ...]:
        """The answers that have an image."""
        return self.answers[: self.pictured]


def gallery(found: Answers | LabelErrors, shape: tuple[int, ...]) -> Gallery:
    """The gallery of answers about images (H, W, C) of that shape.

    Raises:
        ValueError: the pixels are not those of so many images.
    """
    sheet = sheet_of(pixels(found, shape))
    return Gallery(sheet.pictured, sheet.columns, sheet.rows, sheet.sheet, found.answers)


def pixels(found: Answers | LabelErrors, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The images, uint8 (n, H, W, C).

    Raises:
        ValueError: they are not of that shape, or more than there are answers.
    """
    raw = b64decode(found.pixels, validate=True)
    size = int(np.prod(shape))
    if len(raw) % size or len(raw) // size > len(found.answers):
        raise ValueError(f"pixels are not those of {len(found.answers)} images at most")
    return np.frombuffer(raw, np.uint8).reshape(-1, *shape)
