"""One thread per worker, for an engine that releases the interpreter lock; the images are shared.

Where there are fewer tasks than workers, a task gets the threads of several.
"""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from threading import Event

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import Executor, OnProgress, Outcomes
from gossamer.search.fits import Fit
from gossamer.search.tasks import Outcome, Progress, Task
from gossamer.search.worker import run_task, telling

POLL_SECONDS = 0.2


class ThreadExecutor(Executor):
    """Does tasks in threads of the driver."""

    def __init__(self, engine: Engine, images: LabelledImages, workers: int) -> None:
        self.workers = workers
        self._engine, self._images = engine, images

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks`, at most `workers` at a time; closing the generator stops them after their epoch."""
        threads = max(1, self.workers // max(1, len(tasks)))
        said: SimpleQueue[tuple[Fit, Progress]] = SimpleQueue()
        stopped = Event()

        def work(task: Task) -> Outcome:
            def tell(progress: Progress) -> None:
                said.put((task.fit, progress))
                if stopped.is_set():
                    raise _StoppedError

            on_epoch = telling(task, tell)
            return run_task(self._engine, self._images, task, threads=threads, on_epoch=on_epoch)

        pool = ThreadPoolExecutor(self.workers, "gossamer-fit")
        try:
            pending = {pool.submit(work, task): task for task in tasks}
            while pending:
                done, _ = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
                _forward(said, on_progress)
                for future in done:
                    yield pending.pop(future), future.result()
        finally:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)


class _StoppedError(Exception):
    """Stops a fit whose outcome is no longer wanted."""


def _forward(said: "SimpleQueue[tuple[Fit, Progress]]", on_progress: OnProgress) -> None:
    while True:
        try:
            on_progress(*said.get_nowait())
        except Empty:
            return
