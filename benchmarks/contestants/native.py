"""gossamer's own core, through the engine protocol."""

from collections.abc import Callable
from functools import cache

from benchmarks.contestants.base import Contestant, Rows, Setting
from gossamer.engine import Trainer, TrainingState, open_engine
from gossamer.network import Scaling


class Native(Contestant):
    """One fit on the setting's threads."""

    evaluation_batches = (1000,)  # it makes its own batches

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._trainer_for = cache(lambda batch_size: native_trainer(setting, batch_size, setting.threads))

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        trainer = self._trainer_for(batch_size)
        return lambda: trainer.train_epoch(rows).loss

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: ARG002, D102
        trainer = self._trainer_for(0)  # no batch size of the benchmark's, so it is never trained
        return lambda: trainer.evaluate(rows).correct


def native_trainer(setting: Setting, batch_size: int, threads: int) -> Trainer:
    """A native trainer at the setting's start."""
    return open_engine("native").trainer(
        setting.network,
        Scaling(),
        setting.pixels,
        setting.labels,
        TrainingState.start(setting.network, setting.weights),
        learning_rate=setting.learning_rate,
        batch_size=batch_size or 1,
        threads=threads,
    )
