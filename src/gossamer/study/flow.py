"""The stages of a study, for the run that makes it and for the verification that repeats it."""

from collections.abc import Callable
from dataclasses import dataclass

from gossamer.data import edge_brightness
from gossamer.evaluation import Ledger, SealedScore, fit_temperature, score_test_set
from gossamer.network import Model
from gossamer.search import (
    RULES,
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
from gossamer.study.plan import StudyPlan
from gossamer.study.procedure import Procedure
from gossamer.training import Fitted


@dataclass(frozen=True, eq=False)
class Trained:
    """What a study came to before its test-set access."""

    cells: list[Cell]
    selected: Cell
    nested: Nested | None
    final: FitOutcome
    model: Model


def train_study(
    plan: StudyPlan,
    journal: Journal,
    executor: Executor,
    *,
    fit_final: Callable[[Fit], FitOutcome],
    threads: int,
    observer: Observer,
) -> Trained:
    """Search, select and fit. `executor` and, at last, `fit_final` do the fits that `journal` lacks.

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
    fit = plan.procedure.final_fit(selected)
    final = journal.find(fit) or fit_final(fit)
    return Trained(cells, selected, nested, final, _model(plan, selected, final.fitted, threads))


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
        parts += ["search"] if work.is_whole_search else ["search", f"rung {work.number}"]
        observer(RungStarted(", ".join(parts), work))

    return run_search(
        procedure.search,
        journal,
        executor,
        metric=RULES[procedure.study.search.select].metric,
        on_rung=on_rung,
        on_progress=lambda fit, epochs: observer(FitProgress(fit, epochs)),
        on_done=lambda fit, outcome: observer(FitDone(fit, outcome.seconds, outcome.history)),
    )


def _model(plan: StudyPlan, selected: Cell, final: Fitted, threads: int) -> Model:
    """The model of the final fit, calibrated on its validation images."""
    setting, procedure = selected.setting, plan.procedure
    held_out = procedure.final_split.validation
    logits = plan.engine.logits(
        setting.network, final.weights, procedure.scaling, plan.train.images[held_out], threads=threads
    )
    provenance = {
        "data": plan.dataset.name,
        "train_fingerprint": plan.train.fingerprint,
        "engine": plan.engine.name,
        "numerics": plan.engine.numerics,
        "seed": plan.study.run.seed,
        **without_neutral("training", setting.training),
        "epochs": final.best.epoch,
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
        temperature=fit_temperature(logits, plan.train.labels[held_out]),
    )
