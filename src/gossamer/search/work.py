"""The driver: it gives tasks to an executor, keeps outcomes in the journal, and repeats lost fits."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from gossamer.errors import WorkerError
from gossamer.search.executors import Executor, OnProgress
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal
from gossamer.search.tasks import FitLost, FitOutcome, FitPaused, Progress, Task, flaw
from gossamer.training import Teacher

MAX_RETRIES = 3
"""How often a fit is repeated after its worker was lost."""

OnDone = Callable[[Fit, FitOutcome | FitPaused], None]
"""Called with a fit and its outcome once that is in the journal."""


def resume(journal: Journal, fit: Fit, *, pause_after: int | None = None) -> Task:
    """The task of `fit`, from its checkpoint in the journal if there is one.

    Its teacher, where it has one, must be in the journal.
    """
    checkpoint, seconds = journal.find_checkpoint(fit) or (None, 0.0)
    return Task(fit, checkpoint, pause_after, seconds, _teacher(journal, fit))


def missing_teachers(journal: Journal, fits: Iterable[Fit]) -> list[Fit]:
    """The fits of the teachers of `fits` that the journal does not have."""
    teachers = {fit.teacher.fit.key: fit.teacher.fit for fit in fits if fit.teacher}
    return [teacher for teacher in teachers.values() if journal.find(teacher) is None]


def _teacher(journal: Journal, fit: Fit) -> Teacher | None:
    if fit.teacher is None:
        return None
    outcome = journal.find(fit.teacher.fit)
    assert outcome is not None  # noqa: S101 - teachers come before their students
    network, weights = fit.teacher.fit.network, outcome.fitted.weights
    return Teacher(network, weights, fit.teacher.temperature, fit.teacher.labels)


def do_tasks(
    tasks: Sequence[Task],
    journal: Journal,
    executor: Executor,
    *,
    on_progress: OnProgress = lambda *_: None,
    on_done: OnDone = lambda *_: None,
) -> None:
    """Do `tasks`; every outcome goes into the journal as soon as it arrives, and checkpoints of long fits.

    A fit whose worker was lost goes on from its last checkpoint.

    Raises:
        WorkerError: the workers of a fit were lost more than MAX_RETRIES times.
        JournalError: an outcome cannot be kept.
    """
    lost: Counter[str] = Counter()
    while tasks:
        again: list[Task] = []
        with closing(executor.run(tasks, _keeping(tasks, journal, on_progress))) as arriving:
            for task, outcome in arriving:
                fit, reason = task.fit, _reason_to_repeat(task, outcome)
                if reason is not None:
                    lost[fit.key] += 1
                    if lost[fit.key] > MAX_RETRIES:
                        raise WorkerError(
                            f"{fit.label}: its worker was lost {lost[fit.key]} times (the last time:"
                            f" {reason}); what was finished is kept: run the same command again, with fewer"
                            " --workers if memory is short"
                        )
                    again.append(_from_checkpoint(task, journal))
                elif isinstance(outcome, FitOutcome):
                    journal.add(fit, outcome)
                    on_done(fit, outcome)
                elif isinstance(outcome, FitPaused):
                    journal.set_checkpoint(fit, outcome.checkpoint, outcome.seconds)
                    on_done(fit, outcome)
        tasks = again


def _keeping(tasks: Sequence[Task], journal: Journal, on_progress: OnProgress) -> OnProgress:
    """Keeps the checkpoints of `tasks` that workers hand over, and tells `on_progress`."""
    task_of = {task.fit.key: task for task in tasks}

    def keep(fit: Fit, progress: Progress) -> None:
        so_far = progress.so_far
        # one with a flaw is no loss: the answer at the end is checked, too
        if so_far is not None and flaw(task_of[fit.key], so_far, goes_on=True) is None:
            journal.set_checkpoint(fit, so_far.checkpoint, so_far.seconds)
        on_progress(fit, progress)

    return keep


def _from_checkpoint(task: Task, journal: Journal) -> Task:
    checkpoint, seconds = journal.find_checkpoint(task.fit) or (task.resume_from, task.seconds)
    return replace(task, resume_from=checkpoint, seconds=seconds)


def _reason_to_repeat(task: Task, outcome: object) -> str | None:
    return outcome.reason if isinstance(outcome, FitLost) else flaw(task, outcome)
