"""gossamer's own core, as a search uses it: a fit a thread, with nothing shared but the images."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from benchmarks.contestants.base import Contestant, Rows, Setting
from benchmarks.contestants.native import batches_of, native_trainer
from gossamer.engine import Score, Trainer


class NativeFits(Contestant):
    """Each fit is on one thread and takes its part of the rows; the time is until the last is done."""

    evaluation_batches = (1000,)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._pool = ThreadPoolExecutor(setting.threads)
        self._trainers_for = cache(self._trainers)

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        trainers = self._trainers_for(batch_size)
        parts = [batches_of(self.setting, part, batch_size) for part in self._parts(rows)]

        def work() -> float:
            scores: list[Score] = list(self._pool.map(lambda t, part: t.train_epoch(part), trainers, parts))
            return sum(score.loss * score.images for score in scores) / len(rows)

        return work

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: ARG002, D102
        trainers, parts = self._trainers_for(0), self._parts(rows)
        return lambda: sum(self._pool.map(lambda t, part: t.evaluate(part).correct, trainers, parts))

    def _parts(self, rows: Rows) -> list[Rows]:
        return [part for part in np.array_split(rows, self.setting.threads) if len(part)]

    def _trainers(self, _: int) -> list[Trainer]:
        return [native_trainer(self.setting, 1) for _ in range(self.setting.threads)]
