"""gossamer's own core, through the engine protocol."""

from collections.abc import Callable
from functools import cache

from benchmarks.contestants.base import Contestant, Rows, Setting
from gossamer.engine import Batches, Trainer, TrainingState, open_engine
from gossamer.network import Scaling


class Native(Contestant):
    """One fit on the setting's threads."""

    evaluation_batches = (1000,)  # it makes its own batches

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._trainer_for = cache(lambda _: native_trainer(setting, setting.threads))

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        trainer, batches = self._trainer_for(batch_size), batches_of(self.setting, rows, batch_size)
        return lambda: trainer.train_epoch(batches).loss

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: ARG002, D102
        trainer = self._trainer_for(0)  # no batch size of the benchmark's, so it is never trained
        return lambda: trainer.evaluate(rows).correct


def native_trainer(setting: Setting, threads: int) -> Trainer:
    """A native trainer at the setting's start."""
    return open_engine("native").trainer(
        setting.network,
        Scaling(),
        setting.pixels,
        setting.labels,
        TrainingState.start(setting.network, setting.weights),
        threads=threads,
    )


def batches_of(setting: Setting, rows: Rows, batch_size: int) -> Batches:
    """The rows as an engine takes them, at the setting's rate."""
    return Batches.constant(setting.network, rows, batch_size, setting.learning_rate)
