"""The whole flow: images -> folds -> fits -> selection -> final fit -> sealed test -> files.

Run again on the same folder it does only what the journal does not hold.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import perf_counter

from gossamer.files import canonical_json, pretty_json, write_atomically
from gossamer.search import (
    Executor,
    Fit,
    FitOutcome,
    Journal,
    missing_teachers,
    open_executor,
    resume,
    run_task,
)
from gossamer.study import flow
from gossamer.study.details import details
from gossamer.study.events import DuplicatesFound, FinalEpoch, Observer, StudyStarted
from gossamer.study.file import to_toml
from gossamer.study.folder import StudyFolder, claim
from gossamer.study.lock import locked
from gossamer.study.plan import StudyPlan
from gossamer.study.record import Results, encode
from gossamer.study.results import Findings, results
from gossamer.study.tables import history_table, label_errors_table, search_table
from gossamer.study.timings import timings
from gossamer.training import Checkpoint


def run_study(
    plan: StudyPlan,
    folder: StudyFolder,
    *,
    workers: int | None = 1,
    executor: str = "auto",
    threads: int | None = None,
    extend: bool = False,
    observer: Observer = lambda _: None,
) -> Results:
    """Run or resume `plan` in `folder`, and return its results as `results.json` holds them.

    Args:
        plan: the study.
        folder: where its files are; made if it is not there.
        workers: how many fits run at once (None with "ray": as many as there are CPUs); changes no result.
        executor: where fits run, one of EXECUTORS; changes no result.
        threads: in the final fit (by default as many as workers); changes no result.
        extend: whether a folder that holds another study hands its fits over.
        observer: called with every event.

    Raises:
        StudyFolderError: the folder holds another study, another run is at work in it, or it cannot be made.
        JournalError: the journal is damaged or cannot be written.
        GossamerError: every setting diverged, or the executor cannot be had.
    """
    started, threads = perf_counter(), threads or workers or 1
    with _opened(plan, folder, extend=extend) as journal:
        with closing(open_executor(plan.engine, plan.train, workers, executor)) as opened:
            _announce(plan, journal, opened, observer)
            trained = flow.train_study(
                plan,
                journal,
                opened,
                fit_final=lambda fit: _final_fit(plan, fit, journal, threads, observer),
                threads=threads,
                observer=observer,
            )
        trained.model.save(folder.model)
        tested = flow.score_study(plan, trained.model, journal, threads=threads, observer=observer)
        found = Findings(trained, tested, len(journal.accesses()))
        record = results(plan, found)
        shown = details(plan, found, journal, threads=threads)
        fit_seconds = journal.seconds_of([*plan.search.teachers, *plan.search.possible_fits])
        write_atomically(folder.search, search_table(record).csv())
        write_atomically(folder.history, history_table(record).csv())
        write_atomically(folder.doubts, label_errors_table(shown.label_errors, plan.train).csv())
        write_atomically(folder.details, canonical_json(encode(shown.record)))
        measured = timings(
            run_seconds=perf_counter() - started,
            workers=opened.workers,
            fit_seconds=fit_seconds.values(),
            final_seconds=trained.final.seconds,
        )
        write_atomically(folder.timings, pretty_json(encode(measured)))
        write_atomically(folder.results, pretty_json(encode(record)))
    return record


def search_study(
    plan: StudyPlan,
    folder: StudyFolder,
    *,
    workers: int | None = 1,
    executor: str = "auto",
    threads: int | None = None,
    extend: bool = False,
    observer: Observer = lambda _: None,
) -> None:
    """The part of `run_study` before the final fit: the test set stays sealed, and `run_study` goes on.

    Args and errors are those of `run_study`.
    """
    with (
        _opened(plan, folder, extend=extend) as journal,
        closing(open_executor(plan.engine, plan.train, workers, executor)) as opened,
    ):
        _announce(plan, journal, opened, observer)
        flow.search_study(plan, journal, opened, threads=threads or workers or 1, observer=observer)


@contextmanager
def _opened(plan: StudyPlan, folder: StudyFolder, *, extend: bool) -> Iterator[Journal]:
    """The folder as the study's, and its journal, for this run alone."""
    folder.make()
    with locked(folder):
        folder.sweep()
        with Journal(folder.journal) as journal:
            claim(journal, folder, plan.identity, plan.search.possible_fits, extend=extend)
            write_atomically(folder.study, to_toml(plan.study))
            yield journal


def _announce(plan: StudyPlan, journal: Journal, executor: Executor, observer: Observer) -> None:
    fits = plan.search.all_fits
    observer(
        StudyStarted(
            data=f"{plan.dataset.name}, {len(plan.train):,} training images",
            engine=plan.engine.numerics,
            workers=executor.workers,
            cells=len(plan.search.settings),
            fits=len(fits),
            fits_found=len(journal.seconds_of(fits)),
            epochs=plan.search.epochs,
            notes=plan.dataset.notes,
        )
    )
    if plan.duplicates.any:
        observer(DuplicatesFound(plan.duplicates))


def _final_fit(plan: StudyPlan, fit: Fit, journal: Journal, threads: int, observer: Observer) -> FitOutcome:
    """Do the final fit, from its last checkpoint if there is one, and before it its teacher."""
    for teacher in missing_teachers(journal, [fit]):
        _final_fit(plan, teacher, journal, threads, observer)
    task = resume(journal, fit)
    started = perf_counter()

    def on_epoch(checkpoint: Checkpoint) -> None:
        journal.set_checkpoint(fit, checkpoint, task.seconds + perf_counter() - started)
        recipe = fit.recipe
        observer(
            FinalEpoch(checkpoint.history[-1], recipe.max_epochs, recipe.patience is not None, fit.label)
        )

    outcome = run_task(plan.engine, plan.train, task, threads=threads, on_epoch=on_epoch)
    assert isinstance(outcome, FitOutcome)  # noqa: S101 - the task asks for no pause
    journal.add(fit, outcome)
    return outcome
