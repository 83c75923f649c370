"""What a run would do: how many fits there are, which are missing, and an estimate of the time."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import Batches, TrainingState
from gossamer.network import initial_weights
from gossamer.search import Fit, Journal
from gossamer.study.folder import StudyFolder
from gossamer.study.plan import StudyPlan

PROBE_IMAGES = 2_000
PROBE_BATCHES = 50


@dataclass(frozen=True)
class Preview:
    """What a run would do.

    Attributes:
        cells: how many settings the search has.
        fits: how many fits, those of teachers included.
        missing: the labels of those to be done.
        final_epochs: the final fit's, at most.
        workers: how many fits would run at once.
        seconds: an estimate for the search and a final fit of all its epochs, of the slowest network.
    """

    cells: int
    fits: int
    missing: tuple[str, ...]
    final_epochs: int
    workers: int
    seconds: float


def preview_study(plan: StudyPlan, folder: StudyFolder, workers: int) -> Preview:
    """Read the journal and time a few batches; nothing is changed."""
    fits = [*plan.search.teachers, *plan.search.all_fits]
    done: dict[str, float] = {}
    if folder.journal.exists():
        with Journal(folder.journal, read_only=True) as journal:
            done = journal.seconds_of(fits)
    missing = [fit for fit in fits if fit.key not in done]
    of_network = {fit.network: fit for fit in reversed(fits)}  # one of each
    per_image = {network: _seconds_per_image(plan, fit) for network, fit in of_network.items()}
    search = sum(_images(fit) * per_image[fit.network] for fit in missing) / workers
    final_epochs = plan.study.final.max_epochs or plan.search.epochs
    slowest = max(per_image[setting.network] for setting in plan.search.settings)
    final = len(plan.train) * final_epochs * slowest
    if plan.search.teacher is not None:
        teacher = plan.search.teacher.setting
        final += len(plan.train) * teacher["epochs"] * per_image[teacher.network]
    return Preview(
        cells=len(plan.search.settings),
        fits=len(fits),
        missing=tuple(fit.label for fit in missing),
        final_epochs=final_epochs,
        workers=workers,
        seconds=search + final,
    )


def _images(fit: Fit) -> int:
    """How many images a fit processes, in training and validation."""
    return (len(fit.split.train) + len(fit.split.validation)) * fit.recipe.max_epochs


def _seconds_per_image(plan: StudyPlan, fit: Fit) -> float:
    """The time of training, per image. Validation is faster, so that the estimate is rather too long."""
    weights, recipe = initial_weights(fit.network, fit.recipe.seed), fit.recipe
    trainer = plan.engine.trainer(
        fit.network,
        fit.scaling,
        plan.train.images,
        plan.train.labels,
        TrainingState.start(fit.network, weights, recipe.learning),
        learning=recipe.learning,
    )
    rows = np.resize(fit.split.train, min(PROBE_IMAGES, PROBE_BATCHES * recipe.batch_size))

    def train(rows: NDArray[np.int64]) -> None:
        batches = Batches.constant(fit.network, rows, recipe.batch_size, recipe.learning_rate)
        if recipe.augmentation.any:  # which takes its time, too
            batches = replace(batches, views=recipe.views(plan.train, fit.scaling, 1)[rows])
        trainer.train_epoch(batches)

    train(rows[: len(rows) // 4])  # warm up: the first batches are slow
    started = perf_counter()
    train(rows)
    return (perf_counter() - started) / len(rows)
