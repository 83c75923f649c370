"""What the report shows beyond the results, as the record that details.json holds.

Learning curves, calibration, answers with their images, possible label errors, and augmented views.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, in_turns, viewed
from gossamer.evaluation import (
    Answer,
    as_probabilities,
    correct_sample,
    errors,
    possible_label_errors,
    reliability,
)
from gossamer.search import Cell, Journal
from gossamer.study import record
from gossamer.study.flow import Trained
from gossamer.study.out_of_fold import out_of_fold
from gossamer.study.plan import StudyPlan
from gossamer.study.record import collect
from gossamer.study.results import Findings
from gossamer.training import Epoch

ERROR_BYTES, SAMPLE_BYTES = 1_600_000, 400_000
"""Bytes of pixels shown of errors; of correct answers, and of possible label errors. One correct answer of
every class is shown even where that takes as many as errors may."""
SAMPLE_OF_EACH_CLASS = 20
DOUBTS_SHOWN = 200
VIEWED_IMAGES, VIEWED_EPOCHS = 8, 8


@dataclass(frozen=True, eq=False)
class Found:
    """What details.json holds, and every possible label error."""

    record: record.Details
    label_errors: list[Answer]


def details(plan: StudyPlan, found: Findings, journal: Journal, *, threads: int) -> Found:
    """The details of a study whose fits are all in `journal`.

    Raises:
        JournalError: a fit cannot be read.
    """
    trained, tested = found.trained, found.tested
    probabilities = trained.model.probabilities(tested.logits)
    wrong = errors(probabilities, tested.images.labels)
    sample = correct_sample(
        probabilities, tested.images.labels, of_each=SAMPLE_OF_EACH_CLASS, seed=str(plan.study.run.seed)
    )
    out_of_fold = _out_of_fold(plan, trained.selected, journal, threads)
    doubts = possible_label_errors(out_of_fold, plan.train.labels)
    classes, size = len(plan.train.classes), int(np.prod(plan.train.shape))
    samples = max(SAMPLE_BYTES // size, min(classes, ERROR_BYTES // size))
    details = record.Details(
        model=trained.model.hash,
        curves=tuple(tuple(map(_curve, cell.histories)) for cell in trained.cells),
        calibration=_calibration(found),
        errors=_gallery(*_pictured_evenly(wrong, ERROR_BYTES // size), tested.images),
        correct=_gallery(*_pictured_evenly(sample, samples), tested.images),
        doubts=collect(
            record.LabelErrors,
            _gallery(doubts[:DOUBTS_SHOWN], SAMPLE_BYTES // size, plan.train),
            count=len(doubts),
            by_class=_by_class(doubts, classes),
            checked=int(np.isfinite(out_of_fold).all(axis=1).sum()),
        ),
        augmentation=_views(plan, trained),
    )
    return Found(details, doubts)


def _curve(history: Sequence[Epoch]) -> record.FoldCurve:
    names = [field.name for field in fields(record.FoldCurve)]
    figures = {name: [getattr(epoch, name) for epoch in history] for name in names}
    return collect(record.FoldCurve, **figures)


def _calibration(found: Findings) -> record.Calibration | None:
    """Before and after temperature scaling; None where a logit is NaN or infinite."""
    test, labels = found.tested.logits, found.tested.images.labels
    if not np.isfinite(test).all():
        return None
    return collect(
        record.Calibration,
        fitted_on=found.trained.calibrated_on,
        before=reliability(test, labels),
        after=reliability(test, labels, found.trained.model.temperature),
    )


def _views(plan: StudyPlan, trained: Trained) -> record.Views | None:
    """Images of all classes in turns as the final fit saw them; None where it saw them as they are."""
    recipe, train, rows = trained.final_recipe, plan.train, plan.procedure.final_split.train
    if not recipe.augmentation.any:
        return None
    epochs = min(VIEWED_EPOCHS, len(trained.final.history))
    room = SAMPLE_BYTES // ((1 + epochs) * int(np.prod(train.shape)))
    shown = rows[in_turns(train.labels[rows])[: max(1, min(VIEWED_IMAGES, room))]]
    images = train.images[shown]
    seen = [
        viewed(images, recipe.views(train, plan.procedure.scaling, epoch)[shown])
        for epoch in range(1, epochs + 1)
    ]
    return record.Views(
        tuple(map(int, shown)),
        tuple(map(int, train.labels[shown])),
        epochs,
        b64encode(np.stack([images, *seen], axis=1).tobytes()).decode(),
    )


def _out_of_fold(plan: StudyPlan, selected: Cell, journal: Journal, threads: int) -> NDArray[np.float64]:
    """The probabilities (N, classes) by the selected setting's fits of images they were not trained on.

    Means over the repeats, which leave every image out once each; NaN for an image that none left out.
    """
    total = np.zeros((len(plan.train), len(plan.train.classes)))
    times = np.zeros(len(plan.train))
    for fit in out_of_fold(plan, selected.setting, journal, threads=threads):
        total[fit.rows] += as_probabilities(fit.logits)
        times[fit.rows] += 1
    return np.divide(total, times[:, None], out=np.full_like(total, np.nan), where=times[:, None] > 0)


def _pictured_evenly(answers: list[Answer], most: int) -> tuple[list[Answer], int]:
    """The answers, those to be pictured first, and how many these are: `most`, dealt over all confusions.

    Within both parts the order is kept.
    """
    _, kinds = np.unique([f"{each.label} {each.predicted}" for each in answers], return_inverse=True)
    pictured = np.isin(np.arange(len(answers)), in_turns(kinds)[:most])
    order = np.argsort(~pictured, kind="stable")
    return [answers[place] for place in order], most


def _gallery(answers: Sequence[Answer], pictured: int, images: LabelledImages) -> record.Answers:
    """The answers, and the pixels of the first `pictured` of them: uint8 (n, H, W, C) in base 64."""
    shown = [answer.row for answer in answers[:pictured]]
    return record.Answers(
        tuple(collect(record.Answer, each, origin=str(images.origins[each.row])) for each in answers),
        b64encode(images.images[shown].tobytes()).decode(),
    )


def _by_class(doubts: Sequence[Answer], classes: int) -> list[list[int]]:
    """How many images of each label (row) look like each class (column)."""
    counts = np.zeros((classes, classes), np.int64)
    for doubt in doubts:
        counts[doubt.label, doubt.predicted] += 1
    return [[int(count) for count in row] for row in counts]
