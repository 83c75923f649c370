"""A finished study made again from its data, its journal and its model file, without a fit.

Every fit's weights are scored again on its validation images; all that follows is computed as a run does. A
final fit without such images is not scored: its weights are the model file's.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from math import isnan
from typing import NoReturn

from gossamer.data import Dataset
from gossamer.errors import VerificationError
from gossamer.network import Weights
from gossamer.search import Executor, Fit, Journal, OnProgress, Outcomes, Task
from gossamer.study.details import Found, details
from gossamer.study.file import read_study
from gossamer.study.flow import Trained, score_study, train_study
from gossamer.study.folder import StudyFolder, first_difference
from gossamer.study.identity import spelled_out
from gossamer.study.lock import locked
from gossamer.study.plan import StudyPlan, plan_study
from gossamer.study.record import Results
from gossamer.study.results import Findings, results
from gossamer.training import Epoch, validate

FIGURES = ("val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1")
LATER_FIGURES = FIGURES[2:]
"""Figures that rows of older journals lack; they are NaN there."""


@dataclass(frozen=True, eq=False)
class Recomputed:
    """What the folder's files must say.

    Attributes:
        plan: the study, planned again.
        trained: what it came to before its test set.
        record: results.json's content.
        details: details.json's, and the possible label errors.
        fits: how many fits' weights were scored again: all of which have validation images.
        images: how many images that took.
    """

    plan: StudyPlan
    trained: Trained
    record: Results
    details: Found
    fits: int
    images: int


def recompute(
    folder: StudyFolder,
    *,
    dataset: Dataset | None = None,
    on_fit: Callable[[int, int], None] = lambda *_: None,
) -> Recomputed:
    """Make a study's records again.

    Args:
        folder: the study's.
        dataset: its data, where they are no longer at the source that its study file names.
        on_fit: called with the number of fits that are scored, and with their total.

    Raises:
        VerificationError: the journal holds another study, or a fit's figures are not its weights'.
        GossamerError: a file cannot be read, or the data or the engine cannot be had.
    """
    plan = plan_study(read_study(folder.study), dataset=dataset)
    threads = plan.default_workers
    with locked(folder, shared=True), Journal(folder.journal, read_only=True) as journal:
        _check_identity(folder, plan, journal)
        held = {row.key for row in journal.standings()}
        searches = [plan.search, *(fold.procedure.search for fold in plan.outer)]
        asked = [fit for search in searches for fit in (*search.teachers, *search.possible_fits)]
        fits = [fit for fit in asked if fit.key in held]
        images = 0
        for number, fit in enumerate(fits):
            on_fit(number, len(fits))
            images += _rescore(plan, journal, fit, threads)
        trained = train_study(
            plan,
            journal,
            _NoWorker(),
            fit_final=_missing,
            threads=threads,
            observer=lambda _: None,
        )
        final = plan.procedure.final_fit(trained.selected.setting)
        finals = [*([final.teacher.fit] if final.teacher else []), final]
        images += sum(_rescore(plan, journal, fit, threads) for fit in finals)
        on_fit(len(fits), len(fits))
        tested = score_study(
            plan, trained.model, _RecordedAccesses(journal), threads=threads, observer=lambda _: None
        )
        found = Findings(trained, tested, len(journal.accesses()))
        shown = details(plan, found, journal, threads=threads)
    scored = sum(len(fit.split.validation) > 0 for fit in (*fits, *finals))
    return Recomputed(plan, trained, results(plan, found), shown, scored, images)


def _check_identity(folder: StudyFolder, plan: StudyPlan, journal: Journal) -> None:
    held = journal.identity()
    if held == plan.identity:
        return
    if held is None:
        raise VerificationError(f"{folder.journal}: holds no study; there is nothing to verify")
    place, there, here = first_difference(spelled_out(held), spelled_out(plan.identity))
    raise VerificationError(
        f"{folder.journal}: its {place} is {there!r}, and here it is {here!r}: verify with the study file,"
        " the data and the kind of machine that the study was made with"
    )


def _rescore(plan: StudyPlan, journal: Journal, fit: Fit, threads: int) -> int:
    """See that what the journal says of a fit's weights is so; the images that it took."""
    if (outcome := journal.find(fit)) is not None:
        return _compare(plan, fit, fit.recipe.kept_epoch(outcome.history), outcome.fitted.weights, threads)
    if (begun := journal.find_checkpoint(fit)) is None:
        _missing(fit)
    checkpoint, _ = begun  # a halving left it behind
    return _compare(plan, fit, checkpoint.history[-1], checkpoint.state.kept, threads)


def _compare(plan: StudyPlan, fit: Fit, said: Epoch, weights: Weights, threads: int) -> int:
    rows = fit.split.validation
    if not len(rows):
        return 0
    found = validate(plan.engine, fit.network, fit.scaling, plan.train, rows, weights, threads=threads)
    for name, stated, computed in zip(FIGURES, astuple(said)[-len(FIGURES) :], found, strict=True):
        if stated != computed and not (isnan(stated) and (isnan(computed) or name in LATER_FIGURES)):
            raise VerificationError(
                f"{fit.label}: the journal says {name} {stated!r} of epoch {said.epoch},"
                f" its weights give {computed!r}"
            )
    return len(rows)


def _missing(fit: Fit) -> NoReturn:
    raise VerificationError(f"{fit.label}: not in the journal; `gossamer run` on the folder does it again")


class _NoWorker(Executor):
    """Where nothing may be fitted."""

    workers = 1

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:  # noqa: ARG002
        """Refuse."""
        for task in tasks:
            _missing(task.fit)
        yield from ()


class _RecordedAccesses:
    """A ledger that records nothing: the access must be there already."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def record_access(self, model_hash: str, test_fingerprint: str) -> None:
        """Refuse a look that is not on record."""
        if (model_hash, test_fingerprint) not in self._journal.accesses():
            raise VerificationError(
                f"the journal records no access to the test set {test_fingerprint[:12]}... by the model"
                f" {model_hash[:12]}...: the images stay sealed, and their figures unverified"
            )
