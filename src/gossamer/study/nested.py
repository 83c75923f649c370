"""Nested cross validation: the accuracy of the whole procedure on images it never saw.

The score of the selected setting over its folds is optimistic, since it was selected by that score. Here the
procedure is repeated on the rest of every outer fold, and its model is scored on the fold (Varma and Simon
2006, "Bias in error estimation when using cross-validation for model selection"). The test set is not used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from gossamer.data import LabelledImages, folds
from gossamer.data.splits import Index
from gossamer.engine import Engine
from gossamer.evaluation import Metrics, metrics
from gossamer.reprs import Summarized
from gossamer.search import (
    Cell,
    Executor,
    Fit,
    Journal,
    Setting,
    TeacherPlan,
    do_tasks,
    missing_teachers,
    resume,
)
from gossamer.seeds import derive_seed
from gossamer.study.procedure import Procedure, plan_procedure
from gossamer.study.settings import Study


@dataclass(frozen=True, eq=False, repr=False)
class OuterFold(Summarized):
    """The procedure on the rest of a fold, and the rows of the fold, which are only used to score it."""

    procedure: Procedure
    rows: Index


@dataclass(frozen=True)
class OuterScore:
    """The setting that the procedure selected on the rest of an outer fold, and its metrics on the fold."""

    setting: Setting
    best_epoch: int
    metrics: Metrics


@dataclass(frozen=True)
class Nested:
    """The scores of the procedure on the outer folds."""

    folds: Sequence[OuterScore]

    @property
    def mean_accuracy(self) -> float:  # noqa: D102
        return fmean(fold.metrics.accuracy for fold in self.folds)

    @property
    def std_accuracy(self) -> float:  # noqa: D102
        return stdev(fold.metrics.accuracy for fold in self.folds)


def plan_outer_folds(
    study: Study,
    images: LabelledImages,
    settings: Sequence[Setting],
    engine: Engine,
    *,
    teacher: TeacherPlan | None = None,
    seed: str,
) -> list[OuterFold]:
    """The procedure on the rest of each of the study's folds, each with a seed of its own."""
    splits = folds(images, count=study.search.folds, stratified=study.search.stratified, repeat=0, seed=seed)
    return [
        OuterFold(
            plan_procedure(
                study,
                images,
                settings,
                engine,
                teacher=teacher,
                rows=split.train,
                seed=derive_seed("nested", seed, number),
                label=f"outer fold {number}",
            ),
            split.validation,
        )
        for number, split in enumerate(splits, 1)
    ]


def score_procedure(
    outer: Sequence[OuterFold],
    search: Callable[[Procedure], list[Cell]],
    journal: Journal,
    executor: Executor,
    *,
    threads: int,
) -> Nested:
    """Run the procedure for every outer fold, with `search` for its searches, and score its models."""
    selected = [fold.procedure.select(search(fold.procedure)) for fold in outer]
    finals = [fold.procedure.final_fit(cell.setting) for fold, cell in zip(outer, selected, strict=True)]
    missing = [fit for fit in finals if journal.find(fit) is None]
    for fits in (missing_teachers(journal, missing), missing):
        do_tasks([resume(journal, fit) for fit in fits], journal, executor)
    scores = [
        _score(fold, cell, fit, journal, threads)
        for fold, cell, fit in zip(outer, selected, finals, strict=True)
    ]
    return Nested(scores)


def _score(fold: OuterFold, selected: Cell, final: Fit, journal: Journal, threads: int) -> OuterScore:
    outcome = journal.find(final)
    assert outcome is not None  # noqa: S101 - do_tasks has put it there
    images, engine = fold.procedure.images, fold.procedure.engine
    logits = engine.logits(
        final.network, outcome.fitted.weights, final.scaling, images.images[fold.rows], threads=threads
    )
    return OuterScore(
        selected.setting,
        final.recipe.kept_epoch(outcome.history).epoch,
        metrics(logits, images.labels[fold.rows]),
    )
