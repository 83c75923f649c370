"""Answers with their images: one picture that holds them all, and each one's place in it."""

from dataclasses import dataclass

from gossamer.report.sheet import Sheet, sheet_of
from gossamer.study.record import Answer, Answers


@dataclass(frozen=True, repr=False)
class Gallery(Sheet):
    """Answers and the sheet of the images of the first of them."""

    answers: tuple[Answer, ...]

    @property
    def shown(self) -> tuple[Answer, ...]:
        """The answers that have an image."""
        return self.answers[: self.pictured]


def gallery(found: Answers, shape: tuple[int, ...]) -> Gallery:
    """The gallery of answers about images (H, W, C) of that shape.

    Raises:
        ValueError: there are more images than answers, or of another shape.
    """
    sheet = sheet_of(found.images(shape))
    return Gallery(sheet.pictured, sheet.columns, sheet.rows, sheet.sheet, found.answers)
