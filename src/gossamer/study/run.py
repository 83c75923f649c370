"""The whole flow: images -> folds -> fits -> choice -> final fit -> sealed test -> files.

Run again on the same folder it does only what the journal does not hold.
"""

from contextlib import closing
from time import perf_counter
from typing import Any

from gossamer.evaluation import score_test_set
from gossamer.files import pretty_json, write_atomically
from gossamer.network import Model
from gossamer.search import (
    RULES,
    Cell,
    Executor,
    Fit,
    FitOutcome,
    Journal,
    RungWork,
    open_executor,
    resume,
    run_search,
    run_task,
)
from gossamer.study.events import (
    CellChosen,
    DuplicatesFound,
    FinalEpoch,
    FitDone,
    FitProgress,
    NestedDone,
    Observer,
    RungOpened,
    SealOpened,
    StudyOpened,
)
from gossamer.study.file import to_toml
from gossamer.study.folder import StudyFolder, claim
from gossamer.study.lock import locked
from gossamer.study.nested import score_procedure
from gossamer.study.plan import StudyPlan
from gossamer.study.procedure import Procedure
from gossamer.study.results import Findings, results
from gossamer.study.tables import history_csv, search_csv
from gossamer.study.timings import timings
from gossamer.training import Checkpoint, Fitted


def run_study(
    plan: StudyPlan,
    folder: StudyFolder,
    *,
    workers: int | None = 1,
    executor: str = "auto",
    threads: int | None = None,
    extend: bool = False,
    observer: Observer = lambda _: None,
) -> dict[str, Any]:
    """Run or resume `plan` in `folder`, and return its results as `results.json` holds them.

    Args:
        plan: the study.
        folder: where its files are; made if it is not there.
        workers: how many fits run at once (None with "ray": as many as there are CPUs); changes no result.
        executor: where fits run, one of EXECUTORS; changes no result.
        threads: in the final fit (by default as many as workers); changes no result.
        extend: whether a folder that holds another study hands its fits over.
        observer: told of every event.

    Raises:
        StudyFolderError: the folder holds another study, another run is at work in it, or it cannot be made.
        JournalError: the journal is damaged or cannot be written.
        GossamerError: every setting diverged, or the executor cannot be had.
    """
    started, threads = perf_counter(), threads or workers or 1
    folder.make()
    with locked(folder):
        folder.sweep()
        with Journal(folder.journal) as journal:
            claim(journal, folder, plan.identity, plan.search.all_fits, extend=extend)
            write_atomically(folder.study, to_toml(plan.study))
            with closing(open_executor(plan.engine, plan.train, workers, executor)) as crew:
                _open(plan, journal, crew, observer)

                def search(procedure: Procedure) -> list[Cell]:
                    return _search(procedure, journal, crew, observer)

                cells = search(plan.procedure)
                chosen = plan.procedure.choose(cells)
                observer(CellChosen(chosen))
                nested = None
                if plan.outer:
                    nested = score_procedure(plan.outer, search, journal, crew, threads=threads)
                    observer(NestedDone(nested))
            final = _final_fit(plan, plan.procedure.final_fit(chosen), journal, threads, observer)
            model = _model(plan, chosen, final.fitted)
            model.save(folder.model)
            tested = score_test_set(
                model,
                plan.dataset.test,
                plan.engine,
                journal,
                trained_on=plan.train.digests,
                threads=threads,
            )
            observer(SealOpened(tested.whole))
            findings = Findings(cells, chosen, nested, final.fitted, model, tested, len(journal.openings()))
            found = results(plan, findings)
            fit_seconds = journal.seconds_of(plan.search.all_fits)
        write_atomically(folder.search, search_csv(found))
        write_atomically(folder.history, history_csv(found))
        write_atomically(
            folder.timings,
            pretty_json(
                timings(
                    run_seconds=perf_counter() - started,
                    workers=crew.workers,
                    fit_seconds=fit_seconds.values(),
                    final_seconds=final.seconds,
                )
            ),
        )
        write_atomically(folder.results, pretty_json(found))
    return found


def _open(plan: StudyPlan, journal: Journal, executor: Executor, observer: Observer) -> None:
    fits = plan.search.all_fits
    observer(
        StudyOpened(
            data=f"{plan.dataset.name}, {len(plan.train):,} training images",
            engine=plan.engine.numerics,
            workers=executor.workers,
            cells=len(plan.search.candidates),
            fits=len(fits),
            fits_found=len(journal.seconds_of(fits)),
            epochs=plan.study.search.epochs,
            notes=plan.dataset.notes,
        )
    )
    if plan.duplicates.any:
        observer(DuplicatesFound(plan.duplicates))


def _search(procedure: Procedure, journal: Journal, executor: Executor, observer: Observer) -> list[Cell]:
    def on_rung(work: RungWork) -> None:
        parts = [procedure.label] if procedure.label else []
        parts += ["search"] + ([f"rung {work.number} of {work.of}"] if work.of > 1 else [])
        observer(RungOpened(", ".join(parts), work))

    return run_search(
        procedure.search,
        journal,
        executor,
        metric=RULES[procedure.study.search.choice].metric,
        on_rung=on_rung,
        on_progress=lambda fit, epochs: observer(FitProgress(fit, epochs)),
        on_done=lambda fit, outcome: observer(FitDone(fit, outcome.seconds, outcome.history)),
    )


def _final_fit(plan: StudyPlan, fit: Fit, journal: Journal, threads: int, observer: Observer) -> FitOutcome:
    """The final fit, from the journal if it is there, else from its last checkpoint if there is one."""
    if (found := journal.find(fit)) is not None:
        return found
    task = resume(journal, fit)
    started = perf_counter()

    def on_epoch(checkpoint: Checkpoint) -> None:
        journal.set_checkpoint(fit, checkpoint, task.seconds + perf_counter() - started)
        observer(FinalEpoch(checkpoint.history[-1], fit.recipe.max_epochs))

    outcome = run_task(plan.engine, plan.train, task, threads=threads, on_epoch=on_epoch)
    assert isinstance(outcome, FitOutcome)  # noqa: S101 - the task asks for no pause
    journal.add(fit, outcome)
    return outcome


def _model(plan: StudyPlan, chosen: Cell, final: Fitted) -> Model:
    candidate = chosen.candidate
    provenance = {
        "data": plan.dataset.name,
        "train_fingerprint": plan.train.fingerprint,
        "engine": plan.engine.name,
        "numerics": plan.engine.numerics,
        "seed": plan.study.run.seed,
        "learning_rate": candidate.learning_rate,
        "batch_size": candidate.batch_size,
        "epochs": final.best.epoch,
    }
    return Model(candidate.network, final.weights, plan.procedure.scaling, plan.train.classes, provenance)
