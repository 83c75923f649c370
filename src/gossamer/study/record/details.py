"""`details.json`: what the report shows beyond the results; byte-stable as they are."""

from base64 import b64decode
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.reprs import Summarized
from gossamer.study.record.codec import Count, Fraction, Loss, Rate


@dataclass(frozen=True)
class FoldCurve:
    """One fit's figures, one entry per epoch."""

    train_loss: tuple[Loss | None, ...]
    val_loss: tuple[Loss | None, ...]
    train_accuracy: tuple[Fraction | None, ...]
    val_accuracy: tuple[Fraction | None, ...]


@dataclass(frozen=True)
class Bin:
    """Images whose confidence lies above `low`, up to `high`."""

    low: Fraction
    high: Fraction
    images: Count
    confidence: Fraction | None
    accuracy: Fraction | None


@dataclass(frozen=True)
class Reliability:  # noqa: D101
    temperature: Rate
    loss: Loss
    error: Fraction
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """On the test set, before and after temperature scaling on `fitted_on` validation images."""

    fitted_on: Count
    before: Reliability
    after: Reliability


@dataclass(frozen=True)
class Answer:
    """An image, where its source has it, its label, and its predicted class with both probabilities."""

    row: Count
    label: Count
    predicted: Count
    confidence: Fraction | None
    of_label: Fraction | None
    origin: str


@dataclass(frozen=True, repr=False)
class Answers(Summarized):
    """Answers, and the pixels of the first of them, uint8 (n, H, W, C) in base 64."""

    answers: tuple[Answer, ...]
    pixels: str

    def images(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """The first answers' images, uint8 (n, H, W, C), of that shape (H, W, C).

        Raises:
            ValueError: the pixels are not of that shape, or of more images than there are answers.
        """
        raw, size = b64decode(self.pixels, validate=True), int(np.prod(shape))
        if len(raw) % size or len(raw) // size > len(self.answers):
            raise ValueError(f"pixels are not those of {len(self.answers)} images at most")
        return np.frombuffer(raw, np.uint8).reshape(-1, *shape)


@dataclass(frozen=True, repr=False)
class LabelErrors(Answers):
    """Possible label errors: how many, by label (row) and suggested class (column), and the first of them."""

    count: Count
    by_class: tuple[tuple[Count, ...], ...]


@dataclass(frozen=True)
class Details:
    """`details.json`; curves are by cell, then by fold."""

    model: str
    curves: tuple[tuple[FoldCurve, ...], ...]
    calibration: Calibration | None
    errors: Answers
    correct: Answers
    doubts: LabelErrors
