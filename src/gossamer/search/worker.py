"""The worker: it does a task and measures its time. All executors run this one function."""

from collections.abc import Callable
from time import perf_counter

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.tasks import FitOutcome, FitPaused, Progress, Task
from gossamer.training import Checkpoint, fitted, is_finished, train


def telling(task: Task, tell: Callable[[Progress], None]) -> Callable[[Checkpoint], None]:
    """What `run_task` is to call after every epoch of `task` so that `tell` is told of its progress."""
    started = handed_over = perf_counter()

    def on_epoch(checkpoint: Checkpoint) -> None:
        nonlocal handed_over
        so_far, now = None, perf_counter()
        if now - handed_over >= task.checkpoint_seconds and not is_finished(checkpoint, task.fit.recipe):
            handed_over, so_far = now, FitPaused(checkpoint, task.seconds + now - started)
        tell(Progress(len(checkpoint.history), so_far))

    return on_epoch


def run_task(
    engine: Engine,
    images: LabelledImages,
    task: Task,
    *,
    threads: int = 1,
    on_epoch: Callable[[Checkpoint], None] = lambda _: None,
) -> FitOutcome | FitPaused:
    """Do `task` on the training set `images`, from its checkpoint if there is one."""
    started = perf_counter()
    fit = task.fit
    checkpoint = train(
        engine,
        fit.network,
        fit.scaling,
        images,
        fit.split,
        fit.recipe,
        resume_from=task.resume_from,
        pause_after=task.pause_after,
        teacher=task.teacher,
        threads=threads,
        on_epoch=on_epoch,
    )
    seconds = task.seconds + perf_counter() - started
    if is_finished(checkpoint, fit.recipe):
        return FitOutcome(fitted(checkpoint, fit.recipe), seconds)
    return FitPaused(checkpoint, seconds)
