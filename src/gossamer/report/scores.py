"""The test set: its accuracy with an interval, its classes one by one, and what was predicted as what."""

from dataclasses import dataclass

from gossamer.stats.wilson import wilson_interval
from gossamer.study.record import TestSet

MATRIX_AT_MOST = 40
"""Classes up to which the whole confusion matrix is drawn; beyond, only the most frequent confusions are."""
CONFUSIONS = 10


@dataclass(frozen=True)
class Entry:
    """A cell of the confusion matrix."""

    images: int
    right: bool
    heat: float


@dataclass(frozen=True)
class Confusion:
    """Images of one class predicted as another."""

    true: str
    predicted: str
    images: int


@dataclass(frozen=True)
class Interval:
    """A score with its 95% interval; None where there was nothing to score."""

    name: str
    value: float
    bounds: tuple[float, float] | None


@dataclass(frozen=True)
class ClassRow:
    """A class: its images, and its precision, recall and F1."""

    name: str
    images: int
    scores: tuple[Interval, ...]


def interval(test: TestSet) -> tuple[float, float]:
    """The 95% interval of the accuracy on other images of the same kind (Wilson 1927)."""
    return wilson_interval(test.correct, test.n)


def class_rows(test: TestSet, classes: tuple[str, ...]) -> list[ClassRow]:
    """Every class with its scores and their intervals."""
    rows = []
    for place, (name, score) in enumerate(zip(classes, test.per_class, strict=True)):
        hits = test.confusion[place][place]
        labelled = sum(test.confusion[place])
        predicted = sum(row[place] for row in test.confusion)
        # F1 = 2 J / (1 + J) rises with J, the share of hits among all that are labelled or predicted so
        jaccard = _interval(hits, labelled + predicted - hits)
        f1 = jaccard and (2 * jaccard[0] / (1 + jaccard[0]), 2 * jaccard[1] / (1 + jaccard[1]))
        rows.append(
            ClassRow(
                name,
                score.images,
                (
                    Interval("Precision", score.precision, _interval(hits, predicted)),
                    Interval("Recall", score.recall, _interval(hits, labelled)),
                    Interval("F1", score.f1, f1),
                ),
            )
        )
    return rows


def _interval(hits: int, of: int) -> tuple[float, float] | None:
    return wilson_interval(hits, of) if of else None


def confusion_matrix(test: TestSet, classes: tuple[str, ...]) -> list[tuple[str, list[Entry]]] | None:
    """One row per true class; correct ones are shaded by their share of the row, errors by the worst."""
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


def most_confused(test: TestSet, classes: tuple[str, ...]) -> list[Confusion]:
    """The errors made most often, the most frequent first."""
    errors = [
        Confusion(classes[i], classes[j], images)
        for i, row in enumerate(test.confusion)
        for j, images in enumerate(row)
        if i != j and images
    ]
    return sorted(errors, key=lambda each: -each.images)[:CONFUSIONS]
