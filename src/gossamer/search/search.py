"""Many fits: those of every setting on every fold, looked up or done, rung by rung, gathered into cells."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gossamer.search.cells import Cell
from gossamer.search.executors import Executor, OnProgress
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal
from gossamer.search.metric import LOSS, Metric
from gossamer.search.plan import SearchPlan
from gossamer.search.rungs import Rung
from gossamer.search.selection import ranked
from gossamer.search.setting import Setting
from gossamer.search.tasks import FitOutcome, FitPaused, Task
from gossamer.search.work import OnDone, do_tasks, resume
from gossamer.training import Epoch

History = tuple[Epoch, ...]


@dataclass(frozen=True)
class RungWork:
    """What a rung asks for.

    Attributes:
        rung: the rung.
        number: its number, from 1.
        of: how many rungs there are.
        fits: how many fits it has.
        found: how many of them the journal has that far already.
        epochs: how many epochs are to be trained for the others.
    """

    rung: Rung
    number: int
    of: int
    fits: int
    found: int
    epochs: int


def run_search(
    plan: SearchPlan,
    journal: Journal,
    executor: Executor,
    *,
    metric: Metric = LOSS,
    on_rung: Callable[[RungWork], None] = lambda _: None,
    on_progress: OnProgress = lambda *_: None,
    on_done: OnDone = lambda *_: None,
) -> list[Cell]:
    """Do what the journal does not hold yet, and gather all into cells, in the settings' order.

    A cell's histories end with the last rung that its setting reached, whatever more the journal holds.

    Args:
        plan: the fits and the rungs.
        journal: where outcomes are looked up and kept.
        executor: where fits run.
        metric: decides who goes on from a rung to the next.
        on_rung: called with what a rung asks for as it begins.
        on_progress: called with a running fit and its epochs done.
        on_done: called with a fit once it is in the journal as far as its rung asks.

    Raises:
        WorkerError: a fit's workers were lost again and again.
        JournalError: an outcome cannot be read or kept.
    """
    rows = dict(zip(plan.settings, plan.fits, strict=True))
    reached: dict[Setting, Cell] = {}
    standing = plan.settings
    for number, rung in enumerate(plan.rungs, 1):
        if reached:
            cells = [reached[setting] for setting in standing]
            standing = [cell.setting for cell in ranked(cells, metric)[: rung.settings]]
        fits = [fit for setting in standing for fit in rows[setting]]
        histories, tasks = _look_up(fits, rung.epochs, journal)
        epochs = sum(map(_epochs_left, tasks))
        on_rung(RungWork(rung, number, len(plan.rungs), len(fits), len(histories), epochs))

        def keep(fit: Fit, outcome: FitOutcome | FitPaused, into: dict[str, History] = histories) -> None:
            into[fit.key] = outcome.history
            on_done(fit, outcome)

        do_tasks(tasks, journal, executor, on_progress=on_progress, on_done=keep)
        for setting in standing:
            reached[setting] = Cell(setting, tuple(histories[fit.key] for fit in rows[setting]))
    return [reached[setting] for setting in plan.settings]


def _look_up(fits: Sequence[Fit], epochs: int, journal: Journal) -> tuple[dict[str, History], list[Task]]:
    """The histories, up to `epochs`, of the fits that the journal has so far, and tasks for the others."""
    histories: dict[str, History] = {}
    tasks: list[Task] = []
    for fit in fits:
        found = journal.find(fit)
        task = Task(fit) if found else resume(journal, fit, pause_after=epochs)
        history = found.history if found else task.resume_from.history if task.resume_from else ()
        if len(history) >= epochs:
            histories[fit.key] = history[:epochs]
        else:
            tasks.append(task)
    return histories, tasks


def _epochs_left(task: Task) -> int:
    done = len(task.resume_from.history) if task.resume_from else 0
    return (task.pause_after or task.fit.recipe.max_epochs) - done
