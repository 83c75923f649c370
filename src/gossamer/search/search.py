"""Many fits: those of every candidate on every fold, looked up or done, and gathered into cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search.candidates import Candidate
from gossamer.search.cells import Cell
from gossamer.search.executors import Executor, OnProgress
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal
from gossamer.search.tasks import FitOutcome
from gossamer.search.work import OnDone, do_tasks, resume
from gossamer.seeds import derive_seed
from gossamer.training import Recipe


@dataclass(frozen=True, eq=False)
class SearchPlan:
    """The fits of a search, a row a candidate, a column a fold (of every repeat)."""

    candidates: Sequence[Candidate]
    fits: Sequence[Sequence[Fit]]

    @property
    def all_fits(self) -> list[Fit]:
        """Every fit, candidate by candidate."""
        return [fit for row in self.fits for fit in row]


def plan_search(
    images: LabelledImages,
    repeats: Sequence[Sequence[Split]],
    candidates: Sequence[Candidate],
    engine: Engine,
    scaling: Scaling,
    *,
    epochs: int,
    seed: str,
) -> SearchPlan:
    """Name every fit of the search.

    A fold's starting weights and orders depend on the seed, the repeat, the fold and the network alone, so
    all rates and batch sizes are compared on the same folds, starts and orders.
    """

    def fit(candidate: Candidate, repeat: int, fold: int, split: Split) -> Fit:
        fit_seed = derive_seed("fit", seed, repeat, fold, candidate.network.words)
        recipe = Recipe(fit_seed, candidate.learning_rate, candidate.batch_size, epochs)
        label = f"{candidate}, " + (f"repeat {repeat + 1}, " if len(repeats) > 1 else "") + f"fold {fold + 1}"
        return Fit.on(images, split, candidate.network, scaling, recipe, engine, label)

    rows = [
        [
            fit(candidate, repeat, fold, split)
            for repeat, splits in enumerate(repeats)
            for fold, split in enumerate(splits)
        ]
        for candidate in candidates
    ]
    return SearchPlan(candidates, rows)


def run_search(
    plan: SearchPlan,
    journal: Journal,
    executor: Executor,
    *,
    on_progress: OnProgress = lambda *_: None,
    on_done: OnDone = lambda *_: None,
) -> list[Cell]:
    """Do what the journal does not hold yet, and gather all into cells, in the candidates' order.

    Args:
        plan: the fits.
        journal: where outcomes are looked up and kept.
        executor: where fits run.
        on_progress: called with a running fit and its epochs done.
        on_done: called with a fit once its outcome is in the journal.

    Raises:
        WorkerError: a fit's workers were lost again and again.
        JournalError: an outcome cannot be read or kept.
    """
    outcomes = {fit.key: found for fit in plan.all_fits if (found := journal.find(fit)) is not None}

    def keep(fit: Fit, outcome: FitOutcome) -> None:
        outcomes[fit.key] = outcome
        on_done(fit, outcome)

    tasks = [resume(journal, fit) for fit in plan.all_fits if fit.key not in outcomes]
    do_tasks(tasks, journal, executor, on_progress=on_progress, on_done=keep)
    return [
        Cell(candidate, tuple(outcomes[fit.key].fitted for fit in row))
        for candidate, row in zip(plan.candidates, plan.fits, strict=True)
    ]
