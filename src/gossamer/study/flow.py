"""The stages of a study, for the run that makes it and for the verification that repeats it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data import edge_brightness
from gossamer.evaluation import Ledger, SealedScore, fit_temperature, score_test_set
from gossamer.network import Model
from gossamer.search import (
    RULES,
    TEACHERS,
    Cell,
    Executor,
    Fit,
    FitOutcome,
    Journal,
    RungWork,
    run_search,
    without_neutral,
)
from gossamer.study.events import (
    CellSelected,
    FitDone,
    FitProgress,
    ModelTested,
    NestedDone,
    Observer,
    RungStarted,
)
from gossamer.study.nested import Nested, score_procedure
from gossamer.study.out_of_fold import out_of_fold
from gossamer.study.plan import StudyPlan
from gossamer.study.procedure import Procedure
from gossamer.training import Epoch, Fitted, Recipe


@dataclass(frozen=True, eq=False)
class Searched:
    """What the search of a study came to.

    Attributes:
        cells: those of the search.
        selected: one of them.
        nested: the scores of the procedure, if the cross validation is nested.
    """

    cells: list[Cell]
    selected: Cell
    nested: Nested | None


@dataclass(frozen=True, eq=False)
class Trained(Searched):
    """What a study came to before its test-set access.

    Attributes:
        final_recipe: how the final fit was done.
        final: the final fit.
        model: its model.
        calibrated_on: how many logits the model's temperature was fitted on.
    """

    final_recipe: Recipe
    final: FitOutcome
    model: Model
    calibrated_on: int

    @property
    def kept_epoch(self) -> Epoch:
        """The epoch whose weights the model has."""
        return self.final_recipe.kept_epoch(self.final.history)


def search_study(
    plan: StudyPlan, journal: Journal, executor: Executor, *, threads: int, observer: Observer
) -> Searched:
    """Search and select; `executor` does the fits that `journal` lacks.

    Raises:
        JournalError: an outcome cannot be read or kept.
        GossamerError: every setting diverged, or a fit could not be done.
    """

    def search(procedure: Procedure) -> list[Cell]:
        return _search(procedure, journal, executor, observer)

    cells = search(plan.procedure)
    selected = plan.procedure.select(cells)
    observer(CellSelected(selected))
    nested = None
    if plan.outer:
        nested = score_procedure(plan.outer, search, journal, executor, threads=threads)
        observer(NestedDone(nested))
    return Searched(cells, selected, nested)


def train_study(
    plan: StudyPlan,
    journal: Journal,
    executor: Executor,
    *,
    fit_final: Callable[[Fit], FitOutcome],
    threads: int,
    observer: Observer,
) -> Trained:
    """Search, select and fit; `fit_final` does the final fit if `journal` lacks it.

    Raises:
        JournalError, GossamerError: as `search_study`.
    """
    found = search_study(plan, journal, executor, threads=threads, observer=observer)
    selected = found.selected
    fit = plan.procedure.final_fit(selected.setting)
    final = journal.find(fit) or fit_final(fit)
    logits, labels = _held_out(plan, selected, final.fitted, journal, threads)
    model = _model(plan, selected, fit.recipe, final.fitted, fit_temperature(logits, labels))
    return Trained(found.cells, selected, found.nested, fit.recipe, final, model, len(labels))


def score_study(
    plan: StudyPlan, model: Model, ledger: Ledger, *, threads: int, observer: Observer
) -> SealedScore:
    """Open the test set, on record, and score the study's model."""
    tested = score_test_set(
        model, plan.dataset.test, plan.engine, ledger, trained_on=plan.train.digests, threads=threads
    )
    observer(ModelTested(tested.whole))
    return tested


def _search(procedure: Procedure, journal: Journal, executor: Executor, observer: Observer) -> list[Cell]:
    def on_rung(work: RungWork) -> None:
        parts = [procedure.label] if procedure.label else []
        if work.number == TEACHERS:
            parts += ["teachers"]
        else:
            parts += ["search"] if work.is_whole_search else ["search", f"rung {work.number}"]
        observer(RungStarted(", ".join(parts), work))

    return run_search(
        procedure.search,
        journal,
        executor,
        metric=RULES[procedure.study.search.select].metric,
        on_rung=on_rung,
        on_progress=lambda fit, progress: observer(FitProgress(fit, progress.epochs)),
        on_done=lambda fit, outcome: observer(FitDone(fit, outcome.seconds, outcome.history)),
    )


def _held_out(
    plan: StudyPlan, selected: Cell, final: Fitted, journal: Journal, threads: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits (n, classes) and labels (n,) to fit the model's temperature on.

    They are of the final fit's validation images. Where it has none, they are out of fold: each by a fit of
    the selected setting that was not trained on the image.
    """
    procedure = plan.procedure
    rows = procedure.final_split.validation
    if len(rows):
        network, images = selected.setting.network, plan.train.images[rows]
        logits = plan.engine.logits(network, final.weights, procedure.scaling, images, threads=threads)
    else:
        parts = list(out_of_fold(plan, selected.setting, journal, threads=threads))
        rows = np.concatenate([part.rows for part in parts])
        logits = np.concatenate([part.logits for part in parts])
    return logits, plan.train.labels[rows]


def _model(plan: StudyPlan, selected: Cell, recipe: Recipe, final: Fitted, temperature: float) -> Model:
    setting, procedure = selected.setting, plan.procedure
    provenance = {
        "data": plan.dataset.name,
        "train_fingerprint": plan.train.fingerprint,
        "engine": plan.engine.name,
        "numerics": plan.engine.numerics,
        "seed": plan.study.run.seed,
        **without_neutral("training", setting.training),
        "epochs": recipe.kept_epoch(final.history).epoch,
        # the edges of padded images are padding, which says nothing about other pictures
        "background": None if plan.dataset.padded else edge_brightness(plan.train.images),
    }
    if plan.dataset.background != "black":
        provenance["picture_background"] = plan.dataset.background
    return Model(
        setting.network,
        final.weights,
        procedure.scaling,
        plan.train.classes,
        provenance,
        temperature=temperature,
    )
