"""One process per worker, each with its own interpreter, engine and copy of the images.

A worker that dies, falls silent or gives an invalid answer is replaced; its task is yielded as lost.
"""

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

from gossamer.data import LabelledImages
from gossamer.engine import Engine, open_engine
from gossamer.errors import GossamerError
from gossamer.search.executors.base import Executor, OnProgress, Outcomes
from gossamer.search.tasks import FitLost, Outcome, Progress, Task
from gossamer.search.worker import run_task, telling

HEARTBEAT_SECONDS = 5.0
"""The interval of a worker's heartbeats while it has nothing else to send."""

SILENCE_SECONDS = 60.0
"""A worker that sends nothing for so long counts as lost."""


class ProcessExecutor(Executor):
    """Does tasks in processes of its own; each gets the images once."""

    def __init__(
        self, engine: Engine, images: LabelledImages, workers: int, *, silence: float = SILENCE_SECONDS
    ) -> None:
        self.workers = workers
        self._engine, self._images, self._silence = engine, images, silence

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks`, at most `workers` at a time.

        Raises:
            GossamerError: a task raised it; another worker would not help.
        """
        waiting, workers = deque(tasks), list[_Worker]()
        try:
            while waiting or workers:
                while waiting and len(workers) < self.workers:
                    with (
                        _interrupts_only_the_driver()
                    ):  # a worker that is not in the list yet would never be ended
                        workers.append(_Worker(self._engine))
                    workers[-1].give_images(self._images)
                    workers[-1].give(waiting.popleft())
                wait([worker.pipe for worker in workers], timeout=min(1.0, self._silence / 4))
                for worker in list(workers):
                    outcome = worker.listen(on_progress, self._silence)
                    if outcome is None:
                        continue
                    yield worker.task, outcome
                    if waiting and not isinstance(outcome, FitLost) and worker.give(waiting[0]):
                        waiting.popleft()
                    else:
                        worker.end()
                        workers.remove(worker)
        finally:
            for worker in workers:
                worker.end()


class _Worker:
    """The driver's end of a worker process."""

    task: Task
    """What it is doing; a worker without a task is ended."""

    def __init__(self, engine: Engine) -> None:
        context = get_context("spawn")  # a forked torch or CUDA does not work in the child
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, engine.name, engine.device), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends with the process

    def give_images(self, images: LabelledImages) -> None:
        """Send the worker the images. If it has ended, `listen` says so.

        They are no argument of the process: a process that dies while it reads its arguments blocks `start`.
        """
        with suppress(OSError):
            self.pipe.send(images)

    def give(self, task: Task) -> bool:
        """Send the worker its next task; false if its process has ended."""
        self.task, self._heard = task, monotonic()
        try:
            self.pipe.send(task)
        except OSError:
            return False
        return True

    def listen(self, on_progress: OnProgress, silence: float) -> Outcome | None:
        """Receive what the worker has sent: the outcome of its task, once there is one."""
        while self.pipe.poll():
            self._heard = monotonic()
            try:
                message = self.pipe.recv()
            except (EOFError, ConnectionError):
                self._process.join(1)
                return FitLost(f"its process ended with exit code {self._process.exitcode}")
            except Exception as error:  # unpickling invalid data may raise anything
                return FitLost(f"its process sent what cannot be read ({type(error).__name__})")
            match message:
                case None:
                    continue
                case Progress():
                    on_progress(self.task.fit, message)
                case GossamerError():
                    raise message
                case Exception():
                    return FitLost(f"{type(message).__name__}: {message}")
                case _:
                    return message  # type: ignore[no-any-return]  # the driver checks it
        if monotonic() - self._heard > silence:
            return FitLost(f"its process was silent for {silence:g} s")
        return None

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection, engine_name: str, device: str) -> None:
    """The worker process: it receives images, then tasks; it sends progress, outcomes and heartbeats."""
    tasks: SimpleQueue[Task] = SimpleQueue()
    send_lock = Lock()

    def send(message: Any) -> None:
        with send_lock:
            pipe.send(message)

    def receive() -> None:
        """Receive tasks and send heartbeats; exit at once when the driver has ended."""
        with suppress(OSError, EOFError):
            while True:
                if pipe.poll(HEARTBEAT_SECONDS):
                    tasks.put(pipe.recv())
                else:
                    send(None)
        os._exit(1)

    try:
        images: LabelledImages = pipe.recv()
    except (OSError, EOFError):  # the driver has ended
        os._exit(1)
    Thread(target=receive, daemon=True).start()
    try:
        engine = open_engine(engine_name, device)
        while True:
            task = tasks.get()
            send(run_task(engine, images, task, on_epoch=telling(task, send)))
    except Exception as error:
        send(error)


@contextmanager
def _interrupts_only_the_driver() -> Iterator[None]:
    """Block SIGINT: processes that start here inherit that, and the driver gets its Ctrl-C after the block.

    A terminal sends Ctrl-C to all processes. A mask is inherited, so that a worker is never without it.
    """
    resource_tracker.ensure_running()  # it lifts the mask when it starts, so it must not start with a worker
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
