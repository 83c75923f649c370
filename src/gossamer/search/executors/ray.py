"""One Ray task per fit, for studies that outgrow one machine. Images and splits go to each node once.

A task is a generator on its worker. Every HEARTBEAT_SECONDS it yields its number of epochs, which is a
heartbeat as well, and at last its outcome. Ray repeats nothing: a lost task is yielded as lost.
"""

import platform
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

import numpy as np
import ray

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine, open_engine
from gossamer.errors import EngineError, GossamerError
from gossamer.search.executors.base import Executor, OnProgress, Outcomes
from gossamer.search.executors.ray_cluster import close_cluster, in_a_line, open_cluster
from gossamer.search.tasks import FitLost, FitOutcome, FitPaused, Outcome, Progress, Task
from gossamer.search.worker import run_task, telling

HEARTBEAT_SECONDS = 2.0
"""The interval at which a worker reports its epochs."""

SILENCE_SECONDS = 60.0
"""A worker that sends nothing for so long counts as lost."""

POLL_SECONDS = 1.0
"""How often the driver checks for silent workers and for nodes that have joined."""

END_SECONDS = 10.0
"""How long the driver waits for cancelled workers to end."""

_NO_ROWS = Split(np.empty(0, np.int64), np.empty(0, np.int64))


class RayExecutor(Executor):
    """Does tasks on a Ray cluster with one CPU each, and one GPU each where the engine uses a GPU."""

    def __init__(
        self,
        engine: Engine,
        images: LabelledImages,
        workers: int | None = None,
        *,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        """Join or start a cluster, unless the process is in one already.

        Raises:
            SettingError: the cluster may not be used.
            WorkerError: it cannot be joined or started.
        """
        self._limit, self._silence = workers, silence
        self._opened = not ray.is_initialized()
        if self._opened:
            open_cluster(workers)
        self.workers = workers or _cpus()
        self._device = (engine.name, engine.device)
        self._images, self._splits = ray.put(images), dict[str, Any]()
        self._do = ray.remote(
            num_cpus=1, num_gpus=int(engine.device == "cuda"), max_retries=0, num_returns="streaming"
        )(do_task)

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        self._splits.clear()
        if self._opened:
            close_cluster()

    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks`, at most `workers` at a time; by default twice as many as there are CPUs.

        Ray queues those that have no CPU yet, for nodes that become free or join.

        Raises:
            GossamerError: a task raised it.
        """
        waiting, running = deque(tasks), dict[Any, _Running]()
        looked = -POLL_SECONDS
        try:
            while waiting or running:
                if monotonic() - looked > POLL_SECONDS:
                    limit, looked = self._limit or 2 * _cpus(), monotonic()
                while waiting and len(running) < limit:
                    task = waiting.popleft()
                    running[self._submit(task)] = _Running(task)
                ray.wait([*running], timeout=POLL_SECONDS)
                spoke, silent = ray.wait([*running], num_returns=len(running), timeout=0)
                for said in silent:
                    if running[said].silent_for(self._silence):
                        ray.cancel(said, force=True)
                        yield (
                            running.pop(said).task,
                            FitLost(f"its worker was silent for {self._silence:g} s"),
                        )
                for said in spoke:
                    outcome = running[said].listen(said, on_progress)
                    if outcome is not None:
                        yield running.pop(said).task, outcome
        finally:
            for said in running:
                ray.cancel(said, force=True)
            if running:  # a task sent to a worker that is about to end would be lost
                ended = [said.completed() for said in running]
                ray.wait(ended, num_returns=len(ended), timeout=END_SECONDS)

    def _submit(self, task: Task) -> Any:
        key = task.fit.record["split"]
        if key not in self._splits:
            self._splits[key] = ray.put(task.fit.split)
        bare = replace(task, fit=replace(task.fit, split=_NO_ROWS, teacher=None))
        return self._do.remote(*self._device, self._images, self._splits[key], bare)


class _Running:
    """The driver's end of a task on the cluster."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._heard: float | None = None  # none while the task is queued
        self._epochs = 0

    def listen(self, said: Iterator[Any], on_progress: OnProgress) -> Outcome | None:
        """Receive the worker's next message: the outcome of the task, once there is one."""
        self._heard = monotonic()
        try:
            message = deepcopy(ray.get(next(said)))  # Ray's own object would keep its memory in Ray's store
        except StopIteration:
            return FitLost("its worker ended without an answer")
        except Exception as error:  # of Ray, or of unpickling invalid data
            return FitLost(f"{type(error).__name__}: {in_a_line(error)}")
        match message:
            case Progress():
                if message.epochs > self._epochs or message.so_far is not None:
                    self._epochs = message.epochs
                    on_progress(self.task.fit, message)
                return None
            case GossamerError():
                raise message
            case Exception():
                return FitLost(f"{type(message).__name__}: {in_a_line(message)}")
            case _:
                return message  # type: ignore[no-any-return]  # the driver checks it

    def silent_for(self, seconds: float) -> bool:
        """Whether the worker has started, and has sent nothing for so long."""
        return self._heard is not None and monotonic() - self._heard > seconds


def do_task(
    engine_name: str, device: str, images: LabelledImages, split: Split, bare: Task
) -> Iterator[Progress | FitOutcome | FitPaused | Exception]:
    """The worker: do the task `bare`, whose split is passed apart."""
    task = replace(bare, fit=replace(bare.fit, split=split))
    said: SimpleQueue[Progress | FitOutcome | FitPaused | Exception] = SimpleQueue()
    epochs = 0

    def tell(progress: Progress) -> None:
        nonlocal epochs
        epochs = progress.epochs
        if progress.so_far is not None:
            said.put(progress)

    def work() -> None:
        try:
            engine = _engine_for(task, engine_name, device)
            said.put(run_task(engine, images, task, on_epoch=telling(task, tell)))
        except Exception as error:  # the driver decides what to do about it
            said.put(error)

    Thread(target=work, daemon=True).start()  # a cancelled worker does not wait for it
    while True:
        yield Progress(epochs)
        with suppress(Empty):
            message = said.get(timeout=HEARTBEAT_SECONDS)
            yield message
            if not isinstance(message, Progress):
                return


_open_engine = cache(open_engine)


def _engine_for(task: Task, name: str, device: str) -> Engine:
    """The engine of this node, if its numerics are the study's."""
    engine = _open_engine(name, device)
    if engine.numerics != task.fit.numerics:
        raise EngineError(
            f"the Ray node {platform.node()} computes with {engine.numerics!r}, the study with"
            f" {task.fit.numerics!r}: results would differ in their last bits; use nodes of one kind, and run"
            " gossamer on one of them"
        )
    return engine


def _cpus() -> int:
    return int(ray.cluster_resources().get("CPU", 0)) or 1
