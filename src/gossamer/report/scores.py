"""The test set: its accuracy with an interval, its classes one by one, and what was taken for what."""

from dataclasses import dataclass

from gossamer.evaluation import wilson_interval
from gossamer.report.records import ClassScore, SealedTest

MATRIX_AT_MOST = 40
"""Classes up to which the whole confusion matrix is drawn; beyond, only the most frequent confusions are."""
CONFUSIONS = 20


@dataclass(frozen=True)
class Entry:
    """A cell of the confusion matrix."""

    images: int
    right: bool
    heat: float


@dataclass(frozen=True)
class Confusion:
    """Images of one class taken for another."""

    true: str
    predicted: str
    images: int


def interval(test: SealedTest) -> tuple[float, float]:
    """The 95% interval of the accuracy on other images of the same kind (Wilson 1927)."""
    return wilson_interval(test.correct, test.n)


def class_rows(test: SealedTest, classes: tuple[str, ...]) -> list[tuple[str, ClassScore]]:
    """Every class with its scores."""
    return list(zip(classes, test.per_class, strict=True))


def confusion_matrix(test: SealedTest, classes: tuple[str, ...]) -> list[tuple[str, list[Entry]]] | None:
    """A row a true class; right answers are shaded by their share of the row, errors by the worst of all."""
    if len(classes) > MATRIX_AT_MOST:
        return None
    worst = max(each for i, row in enumerate(test.confusion) for j, each in enumerate(row) if i != j)
    return [
        (
            classes[i],
            [
                Entry(images, i == j, images / (max(sum(row), 1) if i == j else max(worst, 1)))
                for j, images in enumerate(row)
            ],
        )
        for i, row in enumerate(test.confusion)
    ]


def most_confused(test: SealedTest, classes: tuple[str, ...]) -> list[Confusion]:
    """The errors made most often, the most frequent first."""
    errors = [
        Confusion(classes[i], classes[j], images)
        for i, row in enumerate(test.confusion)
        for j, images in enumerate(row)
        if i != j and images
    ]
    return sorted(errors, key=lambda each: -each.images)[:CONFUSIONS]
