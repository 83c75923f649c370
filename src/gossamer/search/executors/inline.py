"""One task after another, in the driver."""

from collections.abc import Sequence
from functools import partial

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import Executor, OnProgress, Outcomes
from gossamer.search.tasks import Task
from gossamer.search.worker import run_task, telling


class InlineExecutor(Executor):
    """Does tasks in the calling thread."""

    workers = 1

    def __init__(self, engine: Engine, images: LabelledImages) -> None:
        self._engine, self._images = engine, images

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks` in order."""
        for task in tasks:
            on_epoch = telling(task, partial(on_progress, task.fit))
            yield task, run_task(self._engine, self._images, task, on_epoch=on_epoch)
