"""A process a worker, each with its own interpreter, engine and copy of the images.

A worker that dies, falls silent or answers nonsense is replaced, and its task comes back as lost.
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
from gossamer.search.tasks import FitLost, Outcome, Task
from gossamer.search.worker import run_task
from gossamer.training import Checkpoint

BEAT_SECONDS = 5.0
"""How long a worker that has nothing else to say stays silent."""

SILENCE_SECONDS = 60.0
"""How long a silent worker is waited for."""


class ProcessExecutor(Executor):
    """Does tasks in processes of its own; the images go to each once."""

    def __init__(
        self, engine: Engine, images: LabelledImages, workers: int, *, silence: float = SILENCE_SECONDS
    ) -> None:
        self.workers = workers
        self._engine, self._images, self._silence = engine, images, silence

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks`, at most `workers` at a time.

        Raises:
            GossamerError: what a task raised of that kind, whoever does it.
        """
        waiting, crew = deque(tasks), list[_Worker]()
        try:
            while waiting or crew:
                while waiting and len(crew) < self.workers:
                    with _interrupts_for_the_driver_alone():  # until the crew has it, nobody would end it
                        crew.append(_Worker(self._engine, self._images))
                    crew[-1].give(waiting.popleft())
                wait([worker.pipe for worker in crew], timeout=min(1.0, self._silence / 4))
                for worker in list(crew):
                    outcome = worker.listen(on_progress, self._silence)
                    if outcome is None:
                        continue
                    yield worker.task, outcome
                    if waiting and not isinstance(outcome, FitLost) and worker.give(waiting[0]):
                        waiting.popleft()
                    else:
                        worker.end()
                        crew.remove(worker)
        finally:
            for worker in crew:
                worker.end()


class _Worker:
    """The driver's end of a worker process."""

    task: Task
    """What it does; it always has one, or is ended."""

    def __init__(self, engine: Engine, images: LabelledImages) -> None:
        context = get_context("spawn")  # a forked torch or CUDA does not work in the child
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, engine.name, engine.device, images), daemon=True
        )
        self._process.start()
        theirs.close()  # so that the pipe ends with the process

    def give(self, task: Task) -> bool:
        """Hand the worker its next task; false if it is gone."""
        self.task, self._heard = task, monotonic()
        try:
            self.pipe.send(task)
        except OSError:
            return False
        return True

    def listen(self, on_progress: OnProgress, silence: float) -> Outcome | None:
        """What has become of the task, once that is known."""
        while self.pipe.poll():
            self._heard = monotonic()
            try:
                message = self.pipe.recv()
            except EOFError:
                self._process.join(1)
                return FitLost(f"its process ended with exit code {self._process.exitcode}")
            except Exception as error:  # whatever unpickling makes of nonsense
                return FitLost(f"its process answered what cannot be read ({type(error).__name__})")
            match message:
                case None:
                    continue
                case int():
                    on_progress(self.task.fit, message)
                case GossamerError():
                    raise message
                case Exception():
                    return FitLost(f"{type(message).__name__}: {message}")
                case _:
                    return message  # type: ignore[no-any-return]  # the driver looks at it before it keeps it
        if monotonic() - self._heard > silence:
            return FitLost(f"its process was silent for {silence:g} s")
        return None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection, engine_name: str, device: str, images: LabelledImages) -> None:
    """A worker's life: tasks in; epochs done, outcomes and, at the least, beats (None) out."""
    tasks: SimpleQueue[Task] = SimpleQueue()
    mouth = Lock()

    def say(message: Any) -> None:
        with mouth:
            pipe.send(message)

    def attend() -> None:
        """Take tasks in and beat; end at once when the driver is gone: no worker is left behind."""
        with suppress(OSError, EOFError):
            while True:
                if pipe.poll(BEAT_SECONDS):
                    tasks.put(pipe.recv())
                else:
                    say(None)
        os._exit(1)

    Thread(target=attend, daemon=True).start()
    try:
        engine = open_engine(engine_name, device)
        while True:
            task = tasks.get()

            def on_epoch(checkpoint: Checkpoint) -> None:
                say(len(checkpoint.history))

            say(run_task(engine, images, task, on_epoch=on_epoch))
    except Exception as error:
        say(error)


@contextmanager
def _interrupts_for_the_driver_alone() -> Iterator[None]:
    """Processes started in the block never get a Ctrl-C, which a terminal sends to all; the driver's waits.

    A mask is inherited, so there is no moment in which a starting worker could be interrupted.
    """
    resource_tracker.ensure_running()  # as it starts, it lifts the mask: not with the first worker, then
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
