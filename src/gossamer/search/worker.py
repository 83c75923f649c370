"""The worker: it does a task and measures its time. All executors run this one function."""

from collections.abc import Callable
from time import perf_counter

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.tasks import FitOutcome, FitPaused, Task
from gossamer.training import Checkpoint, fitted, is_finished, train


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
