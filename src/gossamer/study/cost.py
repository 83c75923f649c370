"""What fits cost on this machine: seconds per image, measured, and those of a whole search, counted."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import numpy as np

from gossamer.engine import Batches, TrainingState
from gossamer.network import initial_weights
from gossamer.search import Fit
from gossamer.study.plan import StudyPlan

PROBE_BATCHES = 4
"""Batches that are timed together, and as many for warming up: the first are slow."""
PROBE_SECONDS = 0.5
"""At least, by repeating them, where the caller has no less to spend: fewer say little of a small network."""


def search_seconds(
    rungs: Sequence[tuple[int, int]], per_epoch: Sequence[float], fits: int, workers: int
) -> float:
    """How long a search takes: `workers` fits at once, and on every rung the slowest settings.

    Args:
        rungs: of a strategy; every rung begins anew, as it does under a schedule.
        per_epoch: of every setting, an epoch's seconds.
        fits: per setting, one a fold.
        workers: how many fits run at once.
    """
    slowest, total = sorted(per_epoch, reverse=True), 0.0
    for count, epochs in rungs:
        tasks = [epochs * seconds for seconds in slowest[:count] for _ in range(fits)]
        last = max(tasks) * (1 - 1 / workers) if len(tasks) % workers else 0.0
        total += sum(tasks) / workers + last
    return total


def epoch_images(fit: Fit) -> int:
    """How many images a fit processes in an epoch, in training and validation."""
    return len(fit.split.train) + len(fit.split.validation)


def seconds_per_image(
    plan: StudyPlan, fit: Fit, *, at_once: int = 1, threads: int = 1, probe_seconds: float = PROBE_SECONDS
) -> float:
    """The time of training, per image. Validation is faster, so that the estimate is rather too long.

    Args:
        plan: the study.
        fit: one of its fits, of which a few batches are done.
        at_once: how many such fits run beside each other, and hinder each other.
        threads: of each.
        probe_seconds: how long batches are timed, at least.
    """
    with ThreadPoolExecutor(at_once) as pool:
        return max(pool.map(lambda _: _probe(plan, fit, threads, probe_seconds), range(at_once)))


def _probe(plan: StudyPlan, fit: Fit, threads: int, probe_seconds: float) -> float:
    weights, recipe = initial_weights(fit.network, fit.recipe.seed), fit.recipe
    trainer = plan.engine.trainer(
        fit.network,
        fit.scaling,
        plan.train.images,
        plan.train.labels,
        TrainingState.start(fit.network, weights, recipe.learning),
        learning=recipe.learning,
        threads=threads,
    )
    rows = np.resize(fit.split.train, PROBE_BATCHES * recipe.batch_size)
    batches = Batches.constant(fit.network, rows, recipe.batch_size, recipe.learning_rate)
    if recipe.augmentation.any:  # which takes its time, too
        batches = replace(batches, views=recipe.views(plan.train, fit.scaling, 1)[rows])
    trainer.train_epoch(batches)
    started, times = perf_counter(), 0
    while not times or perf_counter() - started < probe_seconds:
        trainer.train_epoch(batches)
        times += 1
    return (perf_counter() - started) / (times * len(rows))
