"""One fit: epochs in derived orders, a history, early stopping, a checkpoint after every epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine, Score, TrainingState
from gossamer.network import Architecture, Scaling, Weights, initial_weights
from gossamer.reprs import Summarized
from gossamer.seeds import derive_seed, stream
from gossamer.stats.confusion import balanced_accuracy, macro_f1
from gossamer.training.checkpoint import Checkpoint
from gossamer.training.history import Epoch, best_epoch, should_stop


@dataclass(frozen=True)
class Recipe:
    """How a fit is done, apart from the data, the network and the engine.

    Attributes:
        seed: names the initial weights and every epoch's order; a seed of `gossamer.seeds.derive_seed`.
        learning_rate: of Adam, above 0.
        batch_size: images per step; the last batch of an epoch may be smaller.
        max_epochs: the largest number of epochs.
        patience: stop after so many epochs in a row without a strictly lower validation loss, and keep the
            weights of the best epoch; None trains all epochs and keeps the weights of the last one.
    """

    seed: str
    learning_rate: float
    batch_size: int
    max_epochs: int
    patience: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Fitted(Summarized):
    """A finished fit: its history, and the weights of its best or last epoch, as the recipe says."""

    history: tuple[Epoch, ...]
    weights: Weights

    @property
    def best(self) -> Epoch:
        """The epoch of the lowest validation loss."""
        return best_epoch(self.history)

    @property
    def last(self) -> Epoch:
        """The last epoch trained."""
        return self.history[-1]


def fit(
    engine: Engine,
    network: Architecture,
    scaling: Scaling,
    images: LabelledImages,
    split: Split,
    recipe: Recipe,
    *,
    resume_from: Checkpoint | None = None,
    threads: int = 1,
    on_epoch: Callable[[Checkpoint], None] = lambda _: None,
) -> Fitted:
    """Train `network` to the end of its recipe; the arguments are those of `train`."""
    checkpoint = train(
        engine,
        network,
        scaling,
        images,
        split,
        recipe,
        resume_from=resume_from,
        threads=threads,
        on_epoch=on_epoch,
    )
    return fitted(checkpoint, recipe)


def train(
    engine: Engine,
    network: Architecture,
    scaling: Scaling,
    images: LabelledImages,
    split: Split,
    recipe: Recipe,
    *,
    resume_from: Checkpoint | None = None,
    pause_after: int | None = None,
    threads: int = 1,
    on_epoch: Callable[[Checkpoint], None] = lambda _: None,
) -> Checkpoint:
    """Train `network` on the split's training rows, validating after every epoch.

    Args:
        engine: computes the epochs.
        network: the network to train.
        scaling: how pixels become inputs.
        images: the training set that `split` indexes.
        split: rows to train on and rows to validate on; without the latter, validation figures are NaN.
        recipe: seed, learning rate, batch size, epochs, patience.
        resume_from: a checkpoint of this same fit; the result is the same as without it.
        pause_after: stop after so many epochs in all, even if the recipe has more.
        threads: how many CPU threads the engine may use; they change no result.
        on_epoch: called with a checkpoint after every epoch trained here.
    """
    checkpoint = resume_from or _start(network, recipe)
    trainer = engine.trainer(
        network,
        scaling,
        images.images,
        images.labels,
        checkpoint.state,
        learning_rate=recipe.learning_rate,
        batch_size=recipe.batch_size,
        threads=threads,
    )
    nothing = Score(0, 0, nan, np.zeros((network.classes, network.classes), np.int64))
    while not is_finished(checkpoint, recipe) and len(checkpoint.history) != pause_after:
        number = len(checkpoint.history) + 1
        order = stream(derive_seed("order", recipe.seed, number)).permutation(split.train)
        trained = trainer.train_epoch(order)
        validated = trainer.evaluate(split.validation) if len(split.validation) else nothing
        epoch = Epoch(number, _loss(trained), trained.accuracy, *_figures(validated))
        history = (*checkpoint.history, epoch)
        state = trainer.state()
        best = state.weights if best_epoch(history) is epoch else checkpoint.best_weights
        checkpoint = Checkpoint(state, history, best)
        on_epoch(checkpoint)
    return checkpoint


def is_finished(checkpoint: Checkpoint, recipe: Recipe) -> bool:
    """Whether no epoch of the recipe is left."""
    history = checkpoint.history
    if len(history) >= recipe.max_epochs:
        return True
    return bool(history) and recipe.patience is not None and should_stop(history, recipe.patience)


def fitted(checkpoint: Checkpoint, recipe: Recipe) -> Fitted:
    """The finished fit, if it ends at `checkpoint`."""
    weights = checkpoint.state.weights if recipe.patience is None else checkpoint.best_weights
    return Fitted(checkpoint.history, weights)


def _start(network: Architecture, recipe: Recipe) -> Checkpoint:
    weights = initial_weights(network, recipe.seed)
    return Checkpoint(TrainingState.start(network, weights), (), weights)


def validate(
    engine: Engine,
    network: Architecture,
    scaling: Scaling,
    images: LabelledImages,
    rows: NDArray[np.int64],
    weights: Weights,
    *,
    threads: int = 1,
) -> tuple[float, float, float, float]:
    """The four validation figures of an epoch, in its order, for `weights` on `rows`: the same bits."""
    trainer = engine.trainer(
        network,
        scaling,
        images.images,
        images.labels,
        TrainingState.start(network, weights),
        learning_rate=1.0,  # unused: nothing is trained
        batch_size=1,
        threads=threads,
    )
    return _figures(trainer.evaluate(rows))


def _figures(score: Score) -> tuple[float, float, float, float]:
    assert score.confusion is not None  # noqa: S101 - every evaluation counts it
    return _loss(score), score.accuracy, balanced_accuracy(score.confusion), macro_f1(score.confusion)


def _loss(score: Score) -> float:
    return score.loss if isfinite(score.loss) else nan
