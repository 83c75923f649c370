"""One fit: epochs in derived orders, a history, early stopping, a checkpoint after every epoch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, Split
from gossamer.engine import Batches, Engine, Score, TrainingState, batch_sizes
from gossamer.network import Architecture, Scaling, Weights, initial_weights
from gossamer.reprs import Summarized
from gossamer.seeds import derive_seed, stream
from gossamer.stats.confusion import balanced_accuracy, macro_f1
from gossamer.training.checkpoint import Checkpoint
from gossamer.training.history import Epoch, best_epoch, should_stop
from gossamer.training.recipe import Recipe
from gossamer.training.teacher import Teacher, TeacherAnswers


@dataclass(frozen=True, eq=False, repr=False)
class Fitted(Summarized):
    """A finished fit: its history, and the weights of the epoch that the recipe keeps."""

    history: tuple[Epoch, ...]
    weights: Weights


def fit(
    engine: Engine,
    network: Architecture,
    scaling: Scaling,
    images: LabelledImages,
    split: Split,
    recipe: Recipe,
    *,
    resume_from: Checkpoint | None = None,
    image_weights: NDArray[np.float64] | None = None,
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
        image_weights=image_weights,
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
    teacher: Teacher | None = None,
    image_weights: NDArray[np.float64] | None = None,
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
        recipe: how it is done.
        resume_from: a checkpoint of this same fit; the result is the same as without it.
        pause_after: stop after so many epochs in all, even if the recipe has more.
        teacher: what the network learns from, beside the labels or instead of them.
        image_weights: of every image (N,), in proportion to its share of the loss; None: the same for all.
        threads: how many CPU threads the engine may use; they change no result.
        on_epoch: called with a checkpoint after every epoch trained here.
    """
    checkpoint = resume_from or _start(network, recipe)
    learning, answers = recipe.learning, None
    if teacher is not None:
        learning = replace(learning, temperature=teacher.temperature, labels=teacher.labels)
        views = recipe.augmentation.kinds
        answers = TeacherAnswers(teacher, engine, scaling, images, views=views, threads=threads)
    trainer = engine.trainer(
        network,
        scaling,
        images.images,
        images.labels,
        checkpoint.state,
        learning=learning,
        image_weights=recipe.image_weights(images.labels, split.train, image_weights),
        threads=threads,
    )
    nothing = Score(0, 0, nan, np.zeros((network.classes, network.classes), np.int64))
    while not is_finished(checkpoint, recipe) and len(checkpoint.history) != pause_after:
        number = len(checkpoint.history) + 1
        trained = trainer.train_epoch(_batches(network, scaling, images, split, recipe, number, answers))
        validated = trainer.evaluate(split.validation) if len(split.validation) else nothing
        epoch = Epoch(number, _loss(trained), trained.accuracy, *_figures(validated))
        history = (*checkpoint.history, epoch)
        state = trainer.state()
        best = state.kept if best_epoch(history) is epoch else checkpoint.best_weights
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
    weights = checkpoint.state.kept if recipe.patience is None else checkpoint.best_weights
    return Fitted(checkpoint.history, weights)


def _start(network: Architecture, recipe: Recipe) -> Checkpoint:
    weights = initial_weights(network, recipe.seed)
    return Checkpoint(TrainingState.start(network, weights, recipe.learning), (), weights)


def _batches(
    network: Architecture,
    scaling: Scaling,
    images: LabelledImages,
    split: Split,
    recipe: Recipe,
    epoch: int,
    teacher: TeacherAnswers | None,
) -> Batches:
    """The batches of an epoch, from 1."""
    order = stream(derive_seed("order", recipe.seed, epoch)).permutation(split.train)
    sizes = batch_sizes(network, len(order), recipe.batch_size)
    views = None
    if recipe.augmentation.any:
        views = recipe.views(images, scaling, epoch)[order]
    probabilities = None if teacher is None else teacher.of(order, views)
    return Batches(order, sizes, recipe.rates(epoch, len(sizes)), views, probabilities)


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
        threads=threads,
    )
    return _figures(trainer.evaluate(rows))


def _figures(score: Score) -> tuple[float, float, float, float]:
    assert score.confusion is not None  # noqa: S101 - every evaluation counts it
    return _loss(score), score.accuracy, balanced_accuracy(score.confusion), macro_f1(score.confusion)


def _loss(score: Score) -> float:
    return score.loss if isfinite(score.loss) else nan
