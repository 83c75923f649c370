"""One task after another, in the driver."""

from collections.abc import Sequence

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import Executor, OnProgress, Outcomes
from gossamer.search.tasks import Task
from gossamer.search.worker import run_task
from gossamer.training import Checkpoint


class InlineExecutor(Executor):
    """Does tasks in the calling thread."""

    workers = 1

    def __init__(self, engine: Engine, images: LabelledImages) -> None:
        self._engine, self._images = engine, images

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks` in order."""
        for task in tasks:

            def on_epoch(checkpoint: Checkpoint, task: Task = task) -> None:
                on_progress(task.fit, len(checkpoint.history))

            yield task, run_task(self._engine, self._images, task, on_epoch=on_epoch)
