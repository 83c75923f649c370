"""Many fits: looked up in the journal or done, rung by rung as the strategy says, gathered into cells."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from gossamer.search.cells import Cell
from gossamer.search.executors import Executor, OnProgress
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal
from gossamer.search.metric import LOSS, Metric
from gossamer.search.plan import SearchPlan
from gossamer.search.selection import ranked
from gossamer.search.setting import Setting
from gossamer.search.tasks import FitOutcome, FitPaused, Task
from gossamer.search.work import OnDone, do_tasks, missing_teachers, resume
from gossamer.training import Epoch

History = tuple[Epoch, ...]

TEACHERS = 0
"""The number of the rung that trains teachers."""


@dataclass(frozen=True, eq=False)
class RungWork:
    """What a rung asks for.

    Attributes:
        number: the rung's number, from 1; TEACHERS before the first.
        until: up to which epoch each of its settings is trained.
        fits: how many fits it has.
        found: how many of them the journal has that far already.
        epochs: how many epochs the others have to be trained in all.
    """

    number: int
    until: Mapping[Setting, int]
    fits: int
    found: int
    epochs: int

    @property
    def is_whole_search(self) -> bool:
        """Whether no rung follows, nor came before: every setting is trained to its end at once."""
        return self.number == 1 and all(setting["epochs"] == epochs for setting, epochs in self.until.items())


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
    """Do what the journal does not hold yet, and gather all into cells, in the order of the settings.

    A cell's histories end with the last rung that its setting reached, whatever more the journal holds.

    Args:
        plan: the fits and the strategy.
        journal: where outcomes are looked up and kept.
        executor: where fits run.
        metric: ranks the cells for the strategy.
        on_rung: called with what a rung asks for as it begins.
        on_progress: called with a running fit and its epochs done.
        on_done: called with a fit once it is in the journal as far as its rung asks.

    Raises:
        WorkerError: the workers of a fit were lost too often.
        JournalError: an outcome cannot be read or kept.
    """
    rows = dict(zip(plan.settings, plan.fits, strict=True))
    cells: dict[Setting, Cell] = {}
    if plan.teacher is not None:
        tasks = [resume(journal, fit) for fit in missing_teachers(journal, plan.all_fits)]
        fits, setting = len(plan.teachers), plan.teacher.setting
        on_rung(
            RungWork(
                TEACHERS, {setting: setting["epochs"]}, fits, fits - len(tasks), sum(map(_epochs_left, tasks))
            )
        )
        do_tasks(tasks, journal, executor, on_progress=on_progress, on_done=on_done)
    for number in count(1):
        until = plan.strategy.next_rung(plan.settings, ranked(list(cells.values()), metric))
        if not until:
            break
        row_of = {
            setting: [fit.to_reach(epochs) for fit in rows[setting]] for setting, epochs in until.items()
        }
        asked = [(fit, epochs) for setting, epochs in until.items() for fit in row_of[setting]]
        histories, tasks = _look_up(asked, journal)
        on_rung(RungWork(number, until, len(asked), len(histories), sum(map(_epochs_left, tasks))))

        def keep(fit: Fit, outcome: FitOutcome | FitPaused, into: dict[str, History] = histories) -> None:
            into[fit.key] = outcome.history
            on_done(fit, outcome)

        do_tasks(tasks, journal, executor, on_progress=on_progress, on_done=keep)
        cells |= {
            setting: Cell(setting, tuple(histories[fit.key] for fit in row), _up_to(cells.get(setting)))
            for setting, row in row_of.items()
        }
    return [cells[setting] for setting in plan.settings]


def _look_up(asked: Iterable[tuple[Fit, int]], journal: Journal) -> tuple[dict[str, History], list[Task]]:
    """The histories of the fits that the journal has up to the epoch asked for, and tasks for the others."""
    histories: dict[str, History] = {}
    tasks: list[Task] = []
    for fit, epochs in asked:
        if (found := journal.find(fit)) is not None:
            histories[fit.key] = found.history[:epochs]
            continue
        task = resume(journal, fit, pause_after=epochs)
        if task.resume_from is not None and len(task.resume_from.history) >= epochs:
            histories[fit.key] = task.resume_from.history[:epochs]
        else:
            tasks.append(task)
    return histories, tasks


def _up_to(cell: Cell | None) -> tuple[Cell, ...]:
    return () if cell is None else tuple(cell.rungs.values())


def _epochs_left(task: Task) -> int:
    done = len(task.resume_from.history) if task.resume_from else 0
    return (task.pause_after or task.fit.recipe.max_epochs) - done
