"""`details.json`: what the report shows beyond the results; byte-stable as they are."""

from base64 import b64decode
from dataclasses import dataclass
from math import prod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from gossamer.reprs import Summarized
from gossamer.study.record.codec import Count, Fraction, Loss, Rate, Within


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
    """On the test set, before and after temperature scaling on `fitted_on` predictions.

    They are of the final fit's validation images, or out of fold where it has none.
    """

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
    """Possible label errors: how many, by label (row) and suggested class (column), and the first of them.

    `checked` is how many images had an out-of-fold prediction, and so could be found.
    """

    count: Count
    by_class: tuple[tuple[Count, ...], ...]
    checked: Count | None = None


@dataclass(frozen=True, repr=False)
class Views(Summarized):
    """Training images as the final fit saw them in its first epochs.

    Attributes:
        rows: the images, in the canonical order.
        labels: theirs.
        epochs: how many epochs' views there are.
        pixels: of each image, itself and then its view in each epoch, uint8 (n, 1 + epochs, H, W, C) in base
            64.
    """

    rows: tuple[Count, ...]
    labels: tuple[Count, ...]
    epochs: Annotated[int, Within(1, 1000)]
    pixels: str

    def images(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """The pixels, uint8 (n, 1 + epochs, H, W, C), of images of that shape (H, W, C).

        Raises:
            ValueError: there are not as many.
        """
        raw = np.frombuffer(b64decode(self.pixels, validate=True), np.uint8)
        if len(self.labels) != len(self.rows) or len(raw) != len(self.rows) * (1 + self.epochs) * prod(shape):
            raise ValueError(f"views are not those of {len(self.rows)} images in {self.epochs} epochs")
        return raw.reshape(len(self.rows), 1 + self.epochs, *shape)


@dataclass(frozen=True)
class Details:
    """`details.json`; curves are by cell, then by fold. Without augmentation there are no views."""

    model: str
    curves: tuple[tuple[FoldCurve, ...], ...]
    calibration: Calibration | None
    errors: Answers
    correct: Answers
    doubts: LabelErrors
    augmentation: Views | None = None
