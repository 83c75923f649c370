"""How a fit is done, apart from the data, the network and the engine."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Augmentation, LabelledImages
from gossamer.data.views import Views
from gossamer.engine import Learning
from gossamer.network import Scaling
from gossamer.training.history import Epoch, best_epoch
from gossamer.training.schedule import Rates, rates

CLASS_WEIGHTS = ("none", "balanced")


@dataclass(frozen=True)
class Recipe:
    """How a fit is done; everything from `optimizer` on does nothing by default.

    Attributes:
        seed: names the initial weights, every epoch's order and its views; of `gossamer.seeds.derive_seed`.
        learning_rate: the highest of the schedule, above 0.
        batch_size: images per step; see `gossamer.engine.batch_sizes` for the last one of an epoch.
        max_epochs: the largest number of epochs, which a schedule spans.
        patience: stop after so many epochs in a row without a strictly lower validation loss, and keep the
            weights of the best epoch; None trains all epochs and keeps the weights of the last one.
        schedule: one of `gossamer.training.schedule.SCHEDULES`.
        class_weights: "balanced" gives all classes the same weight in the training rows.

    The others are those of `gossamer.engine.Learning` and `gossamer.data.Augmentation`.
    """

    seed: str
    learning_rate: float
    batch_size: int
    max_epochs: int
    patience: int | None = None
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    label_smoothing: float = 0.0
    class_weights: str = "none"
    ema: float = 0.0
    flip: str = "none"
    shift: int = 0
    rotate: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    erase: int = 0

    @property
    def learning(self) -> Learning:
        """What decides a step."""
        return Learning(self.optimizer, self.weight_decay, self.label_smoothing, self.ema)

    @property
    def augmentation(self) -> Augmentation:
        """How views differ from their images."""
        return Augmentation(**{each.name: getattr(self, each.name) for each in fields(Augmentation)})

    def rates(self, epoch: int, batches: int) -> Rates:
        """The rates of an epoch (from 1) of so many batches, float64 (batches,)."""
        steps = np.arange((epoch - 1) * batches, epoch * batches)
        return rates(self.schedule, self.learning_rate, steps, self.max_epochs * batches)

    def views(self, images: LabelledImages, scaling: Scaling, epoch: int) -> Views:
        """The views of all images in an epoch, from 1, int32 (N, VIEW) of `gossamer.data.views`."""
        height, width, _ = images.shape
        middle = (scaling.minimum + scaling.maximum + 1) // 2
        return self.augmentation.views(len(images), height, width, self.seed, epoch, middle=middle)

    def image_weights(
        self, labels: NDArray[np.int64], rows: NDArray[np.int64], given: NDArray[np.float64] | None = None
    ) -> NDArray[np.float32] | None:
        """The weights of all images (N,) with `labels`, of mean 1 over the training `rows`.

        `given` (N,), not all 0 there, count towards the shares of the classes: weight 2 is as two images.
        None where nothing is weighted.
        """
        if given is None and self.class_weights == "none":
            return None
        weights = np.ones(len(labels)) if given is None else given
        if self.class_weights == "balanced":
            shares = np.bincount(labels[rows], weights[rows], minlength=int(labels.max()) + 1)
            weights = weights / np.where(shares > 0, shares, 1)[labels]
        found: NDArray[np.float32] = (weights / weights[rows].mean()).astype(np.float32)
        return found

    def kept_epoch(self, history: Sequence[Epoch]) -> Epoch:
        """The epoch whose weights a fit of this history keeps."""
        return history[-1] if self.patience is None else best_epoch(history)
