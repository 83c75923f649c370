"""A process a worker, each with its own interpreter, engine and copy of the images."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.queues import SimpleQueue
from threading import Thread

from gossamer.data import LabelledImages
from gossamer.engine import Engine, open_engine
from gossamer.errors import EngineError
from gossamer.search.executors.base import OnProgress, Outcomes
from gossamer.search.fits import Fit
from gossamer.search.worker import FitOutcome, run_fit
from gossamer.training import Checkpoint

POLL_SECONDS = 0.2

Progress = SimpleQueue[tuple[str, int]]


class ProcessExecutor:
    """Runs fits in processes of its own; the images go to each once."""

    def __init__(self, engine: Engine, images: LabelledImages, workers: int) -> None:
        self.workers = workers
        self._engine, self._images = engine, images

    def run(self, fits: Sequence[Fit], on_progress: OnProgress) -> Outcomes:
        """Run `fits`, at most `workers` at a time.

        Raises:
            EngineError: a worker died.
        """
        if not fits:
            return
        context = get_context("spawn")  # a forked torch or CUDA does not work in the child
        progress: Progress = context.SimpleQueue()
        driver_gone, lifeline = context.Pipe(duplex=False)
        pool = ProcessPoolExecutor(
            min(self.workers, len(fits)),
            context,
            initializer=_start_worker,
            initargs=(self._engine.name, self._engine.device, self._images, progress, driver_gone),
        )
        by_key = {fit.key: fit for fit in fits}
        try:
            with _interrupts_for_the_driver_alone():
                pending = {pool.submit(_run_in_worker, fit): fit for fit in fits}
            while pending:
                done, _ = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
                while not progress.empty():
                    key, epochs = progress.get()
                    on_progress(by_key[key], epochs)
                for future in done:
                    yield pending.pop(future), future.result()
        except BrokenProcessPool as error:
            raise EngineError(
                "a worker process died (killed, or out of memory?); what was finished is kept:"
                " run the same command again, with fewer --workers if memory is short"
            ) from error
        finally:
            lifeline.close()
            pool.shutdown(wait=True, cancel_futures=True)


_engine: Engine
_images: LabelledImages
_progress: Progress


def _start_worker(
    engine: str, device: str, images: LabelledImages, progress: Progress, driver_gone: Connection
) -> None:
    global _engine, _images, _progress  # a pool's worker has no other place for what it keeps
    Thread(target=_exit_with_driver, args=(driver_gone,), daemon=True).start()
    _engine, _images, _progress = open_engine(engine, device), images, progress


def _run_in_worker(fit: Fit) -> FitOutcome:
    def on_epoch(checkpoint: Checkpoint) -> None:
        _progress.put((fit.key, len(checkpoint.history)))

    return run_fit(_engine, _images, fit, on_epoch=on_epoch)


@contextmanager
def _interrupts_for_the_driver_alone() -> Iterator[None]:
    """Processes started in the block never get a Ctrl-C, which a terminal sends to all; the driver's waits.

    A mask is inherited, so there is no moment in which a starting worker could be interrupted.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit_with_driver(driver_gone: Connection) -> None:
    """End at once when the driver hangs up its lifeline or dies: no worker is left behind."""
    driver_gone.poll(None)
    os._exit(1)
