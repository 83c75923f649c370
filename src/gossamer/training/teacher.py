"""A teacher: a trained network whose probabilities a smaller one learns (Hinton et al. 2015)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from gossamer.data import LabelledImages, viewed
from gossamer.data.views import Views, same_views
from gossamer.engine import Engine
from gossamer.network import Architecture, Scaling, Weights
from gossamer.reprs import Summarized

BATCH = 1000
MOST_BYTES = 1 << 28
"""The most memory that a fit uses to remember a teacher's probabilities."""

Probabilities = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Teacher(Summarized):
    """A teacher as a student's fit takes it.

    Attributes:
        network: its network, for the same images and classes.
        weights: of the network.
        temperature: its logits, and the student's, are divided by it.
        labels: the labels' share of the student's loss, 0 to 1.
    """

    network: Architecture
    weights: Weights
    temperature: float
    labels: float


class TeacherAnswers:
    """A teacher's probabilities for views of training images, remembered where views recur.

    They depend on the image and its view alone, not on what was asked before: so a resumed fit has the same.
    """

    def __init__(
        self,
        teacher: Teacher,
        engine: Engine,
        scaling: Scaling,
        images: LabelledImages,
        *,
        views: int | None,
        threads: int,
    ) -> None:
        """Answer for `images`, of which there are so many `views` each; None: too many to remember."""
        self._runner = engine.runner(teacher.network, teacher.weights, scaling, threads=threads)
        self._temperature, self._images = teacher.temperature, images.images
        self._classes = teacher.network.classes
        bytes_needed = (views or 0) * len(images) * self._classes * 4
        self._remembers = views is not None and engine.answers_alone and bytes_needed <= MOST_BYTES
        self._known: dict[bytes, Probabilities] = {}

    def of(self, rows: NDArray[np.int64], views: Views | None) -> Probabilities:
        """The probabilities (n, classes) for the images `rows` (n,), each by its view (n, VIEW)."""
        views = same_views(len(rows)) if views is None else views
        if not self._remembers:
            # in the order of the images, so that no shuffle decides which images share a batch
            order = np.argsort(rows)
            found = np.empty((len(rows), self._classes), np.float32)
            found[order] = self._ask(rows[order], views[order])
            return found
        kinds, kind_of = np.unique(views, axis=0, return_inverse=True)
        found = np.empty((len(rows), self._classes), np.float32)
        for number, kind in enumerate(kinds):
            here = np.flatnonzero(kind_of == number)
            known = self._known.setdefault(
                kind.tobytes(), np.full((len(self._images), self._classes), np.nan, np.float32)
            )
            missing = here[np.isnan(known[rows[here], 0])]
            known[rows[missing]] = self._ask(rows[missing], views[missing])
            found[here] = known[rows[here]]
        return found

    def _ask(self, rows: NDArray[np.int64], views: Views) -> Probabilities:
        parts = [
            self._runner.logits(viewed(self._images[rows[at : at + BATCH]], views[at : at + BATCH]))
            for at in range(0, len(rows), BATCH)
        ]
        logits = np.concatenate([np.empty((0, self._classes), np.float32), *parts]).astype(np.float64)
        found: Probabilities = softmax(logits / self._temperature, axis=1).astype(np.float32)
        return found
