"""What the selected setting's fits make of images that they were not trained on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.reprs import Summarized
from gossamer.search import Journal, Setting
from gossamer.study.plan import StudyPlan


@dataclass(frozen=True, eq=False, repr=False)
class OutOfFold(Summarized):
    """The logits (n, classes) of the validation images `rows` (n,) of a fit."""

    rows: NDArray[np.int64]
    logits: NDArray[np.float32]


def out_of_fold(plan: StudyPlan, setting: Setting, journal: Journal, *, threads: int) -> Iterator[OutOfFold]:
    """Fit by fit, of a setting that was trained to its end.

    Raises:
        JournalError: a fit cannot be read.
    """
    for fit in plan.search.fits[plan.search.settings.index(setting)]:
        outcome = journal.find(fit)
        assert outcome is not None  # noqa: S101 - the selection was made from it
        rows = fit.split.validation
        weights, images = outcome.fitted.weights, plan.train.images[rows]
        yield OutOfFold(rows, plan.engine.logits(fit.network, weights, fit.scaling, images, threads=threads))
