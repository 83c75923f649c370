"""A contestant's process: opened once, then asked for one measurement at a time.

A process each, because frameworks settle threads and backends once for a whole process, and so that one that
fails takes nobody with it. Between its turns it waits on a pipe and uses no CPU.
"""

import os
import traceback
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Literal, Protocol

import numpy as np

from benchmarks.contestants import Contestant, Entrant, Rows, Setting

ANSWER_SECONDS = 900
"""How long an answer may take: torch.compile needs minutes on a busy machine."""

CHECK_IMAGES, CHECK_BATCH = 1024, 256


@dataclass(frozen=True)
class Task:
    """What is measured: training at a batch size, or evaluation at the contestant's best one.

    "check" is an evaluation of the same `CHECK_IMAGES` by all, which must agree.
    """

    kind: Literal["check", "training", "evaluation"]
    batch_size: int = 0

    def __str__(self) -> str:
        return f"training, batch {self.batch_size}" if self.kind == "training" else self.kind


@dataclass(frozen=True)
class Measured:
    """One measurement: so many images took so many seconds.

    `result` is the mean loss in training, the share classified correctly in evaluation.
    """

    images: int
    seconds: float
    batch_size: int
    result: float

    @property
    def rate(self) -> float:
        """Images a second."""
        return self.images / self.seconds


@dataclass(frozen=True)
class Failure:
    """Why there is no measurement."""

    reason: str


class Corner(Protocol):
    """Where a contestant takes its turns; `rounds.run_rounds` calls it."""

    def measure(self, task: Task, seconds: float) -> Measured | Failure:
        """Do `task` for about so long."""


class ProcessCorner:
    """A contestant in a process of its own; close it when the rounds are over."""

    def __init__(self, entrant: Entrant, setting: Setting) -> None:
        context = get_context("spawn")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=serve, args=(entrant, setting, end), daemon=True)
        self._process.start()
        end.close()

    def measure(self, task: Task, seconds: float) -> Measured | Failure:
        """Do `task` for about so long, in the process."""
        try:
            self._pipe.send((task, seconds))
            if not self._pipe.poll(ANSWER_SECONDS):
                self._process.kill()
                return Failure(f"no answer in {ANSWER_SECONDS} s")
            answer: Measured | Failure = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return Failure(f"its process ended with exit code {self._process.exitcode}")
        return answer

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def serve(entrant: Entrant, setting: Setting, pipe: Connection) -> None:
    """What the process does: open the contestant, then measure on request until the pipe is closed."""
    os.environ.update(entrant.environment)
    stopwatch: Stopwatch | None = None
    while True:
        try:
            task, seconds = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            stopwatch = stopwatch or Stopwatch(entrant.open(setting), len(setting.labels))
            answer: Measured | Failure = stopwatch.measure(task, seconds)
        except Exception as error:  # whatever goes wrong in a framework is its result
            traceback.print_exc()
            answer = Failure(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}")
        pipe.send(answer)


class Stopwatch:
    """Times a contestant on as many images as the budget holds; the first time it finds out how many."""

    def __init__(self, contestant: Contestant, images: int) -> None:
        self._contestant, self._images = contestant, images
        self._random = np.random.default_rng(0)  # all draw the same rows at first, for the check
        self._paces: dict[Task, tuple[int, float]] = {}  # the batch size, and images a second with it

    def measure(self, task: Task, seconds: float) -> Measured:
        """One measurement of about `seconds`."""
        if task.kind == "check":
            return self._time(task, CHECK_BATCH, CHECK_IMAGES // CHECK_BATCH)
        if task not in self._paces:
            training = task.kind == "training"
            sizes = (task.batch_size,) if training else self._contestant.evaluation_batches
            found = [(self._warm_up(task, size, seconds), size) for size in sizes]
            pace, batch_size = max(found)
            self._paces[task] = batch_size, pace
        batch_size, pace = self._paces[task]
        return self._time(task, batch_size, round(pace * seconds / batch_size))

    def _warm_up(self, task: Task, batch_size: int, seconds: float) -> float:
        """Images a second, once all that happens only at first has happened."""
        self._time(task, batch_size, 2)
        batches = 1
        while True:
            measured = self._time(task, batch_size, batches)
            if measured.seconds > seconds / 5:
                return measured.rate
            batches *= 4

    def _time(self, task: Task, batch_size: int, batches: int) -> Measured:
        rows = self._rows(max(1, batches) * batch_size)
        if task.kind == "training":
            train = self._contestant.training(rows, batch_size)
            started = perf_counter()
            result = train()
        else:
            evaluate = self._contestant.evaluation(rows, batch_size)
            started = perf_counter()
            result = evaluate() / len(rows)
        return Measured(len(rows), perf_counter() - started, batch_size, result)

    def _rows(self, count: int) -> Rows:
        """Rows in random order, epoch after epoch."""
        epochs = -(-count // self._images)
        rows = np.concatenate([self._random.permutation(self._images) for _ in range(epochs)])
        return rows[:count].astype(np.int64)
