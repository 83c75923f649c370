"""The plan: how many settings, and how long each is trained, so that all of it ends in time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from time import perf_counter

from gossamer.data import Dataset, LabelledImages
from gossamer.errors import SettingError
from gossamer.network import Architecture, Budgets
from gossamer.network.ops import by
from gossamer.numbers import count, counted
from gossamer.planning.networks import contenders
from gossamer.planning.recipes import Recipe, common, is_uneven, recipes
from gossamer.search import STRATEGIES
from gossamer.study import FinalSettings, NetworkSettings, SearchSettings, Study, TrainingSettings, plan_study
from gossamer.study.cost import PROBE_SECONDS, search_seconds, seconds_per_image
from gossamer.study.record import Planned

LAYOUTS = ((4, 6, 5), (3, 4, 5), (2, 4, 5), (2, 4, 1), (1, 4, 1), (1, 2, 1), (1, 1, 1))
"""How many networks and recipes compete, and on how many folds at most.

The more, the shorter the fits: the first is taken that leaves them ENOUGH epochs, or the last.
"""

SPARE = 0.15
"""Of the time: for the test, the report, and whatever else this machine has to do."""

EVALUATION = 0.4
"""Of training's time, per image."""

MOST_IMAGES = 2_000_000
"""That a fit sees: longer ones gain little with networks of this size."""

EPOCHS = (40, 200)
"""The fewest and the most epochs that so many images make."""

PROBING = 0.01
"""Of the time, for each timing of a network, where that is less than a timing takes otherwise."""

ENOUGH = 1 / 4
"""Of the most epochs: what fits have at least while further settings compete."""

ONE_HOLDOUT, THREE_FOLDS = 5_000, 1_500
"""Training images from which one hold-out, or three folds instead of five, tell settings apart."""


@dataclass(frozen=True)
class Plan:
    """A study that is expected to end in time.

    Attributes:
        study: an ordinary one; run again, it gives the same bytes on any machine.
        seconds: an estimate of what it takes here, from now on.
        planned: why it is as it is.
    """

    study: Study
    seconds: float
    planned: Planned


@dataclass(frozen=True)
class _Speed:
    """A network with its seconds per image: of a fit beside others, one per worker, and of one alone."""

    network: Architecture
    beside_others: float
    alone: float

    def scaled_to(self, network: Architecture) -> "_Speed":
        """A guess for another network of its kind."""
        ratio = network.multiply_adds / self.network.multiply_adds
        return _Speed(network, ratio * self.beside_others, ratio * self.alone)


def plan_auto(
    study: Study,
    dataset: Dataset,
    budgets: Budgets,
    minutes: float,
    workers: int,
    measure: Callable[..., float] = seconds_per_image,
) -> Plan:
    """Plan a study of the data and the run settings of `study`.

    This takes some seconds, in which networks are timed.

    Args:
        study: which data, seed and engine.
        dataset: its data.
        budgets: what networks may take.
        minutes: until the result is to be there.
        workers: fits at once, and threads of the final fit.
        measure: the speed of a fit, called as `seconds_per_image`.

    Raises:
        SettingError: no network fits the budgets, or not one fit the time.
    """
    started, seconds = perf_counter(), 60 * minutes
    images = dataset.train
    study = replace(
        study, training=TrainingSettings(**common(images)), search=_search(images, 1), final=FINAL
    )
    most = min(EPOCHS[1], max(EPOCHS[0], MOST_IMAGES // len(images)))
    speeds: list[_Speed] = []
    timed = partial(measure, probe_seconds=min(PROBE_SECONDS, PROBING * seconds))

    def left() -> float:
        return (1 - SPARE) * seconds - (perf_counter() - started)

    def epochs(study: Study, speeds: Sequence[_Speed], settings: int) -> int:
        """The most that end in time."""
        fitting = (
            length
            for length in range(most, 0, -1)
            if _seconds(study, speeds, settings, length, len(images), workers) <= left()
        )
        return next(fitting, 0)

    def is_fast_enough(speed: _Speed) -> bool:
        return epochs(study, [speed], 1) >= most * ENOUGH

    ways = recipes(images)
    for kind in contenders(images.shape, len(images.classes), budgets):
        speed = None
        for network in kind:
            last = network is kind[-1]
            if speed and not last and not is_fast_enough(speed.scaled_to(network)):
                continue
            speed = _speed(study, dataset, network, ways[-2], workers, timed)
            if last or is_fast_enough(speed):
                speeds.append(speed)
                break
    for networks, number, folds in LAYOUTS:
        chosen = speeds[:networks], ways[:number]
        settings = len(chosen[0]) * len(chosen[1])
        study = replace(study, search=_search(images, folds))
        length = epochs(study, chosen[0], settings)
        if length >= most * ENOUGH:
            break
    if not length:
        least = _seconds(study, chosen[0], 1, 1, len(images), workers) / (1 - SPARE)
        raise SettingError(
            f"one epoch of {chosen[0][0].network.words!r} takes longer than the time; allow"
            f" {least / 60:.1f} minutes or more, smaller networks (--max-multiply-adds), or smaller images"
        )
    study = replace(
        study,
        network=NetworkSettings(tuple(each.network.words for each in chosen[0])),
        training=replace(study.training, epochs=(length,)),
        setting=tuple(chosen[1]),
    )
    estimate = _seconds(study, chosen[0], settings, length, len(images), workers)
    reasons = (
        _images(dataset),
        _judged(study.search, images),
        f"{counted(settings, 'setting')}: {counted(len(chosen[0]), 'network')} by"
        f" {counted(len(chosen[1]), 'recipe')}; {counted(length, 'epoch')} for those left at the end",
        f"about {estimate / 60:.1f} minutes, {counted(workers, 'fit')} at once",
    )
    more = _more(settings, _most_settings(speeds, ways), length, most)
    return Plan(study, estimate, Planned(minutes, budgets, reasons, more))


FINAL = FinalSettings(validation=0, max_epochs=0, patience=0)
"""All training images, and the epochs of the search."""


def _search(images: LabelledImages, most: int) -> SearchSettings:
    select = "balanced-accuracy" if is_uneven(images) else "accuracy"
    folds = 1 if len(images) >= ONE_HOLDOUT else 3 if len(images) >= THREE_FOLDS else 5
    return SearchSettings(folds=min(folds, most), strategy="halving", select=select)


def _speed(
    study: Study,
    dataset: Dataset,
    network: Architecture,
    recipe: Recipe,
    workers: int,
    timed: Callable[..., float],
) -> _Speed:
    training = TrainingSettings(**{**common(dataset.train), **recipe, "epochs": 1})
    probe = replace(study, network=NetworkSettings((network.words,)), training=training)
    plan = plan_study(probe, dataset=dataset)
    fit = plan.search.fits[0][0]
    return _Speed(network, timed(plan, fit, at_once=workers), timed(plan, fit, threads=workers))


def _seconds(
    study: Study, speeds: Sequence[_Speed], settings: int, epochs: int, images: int, workers: int
) -> float:
    """Of the search and the final fit."""
    folds = study.search.folds
    validation = 1 / folds if folds > 1 else study.search.holdout
    per_epoch = images * (1 - validation + validation * EVALUATION)
    slow = [each.beside_others * per_epoch for each, _ in product(speeds, range(settings // len(speeds)))]
    rungs = STRATEGIES[study.search.strategy].rungs(settings, epochs)
    search = search_seconds(rungs, slow, folds, workers)
    return search + images * epochs * max(each.alone for each in speeds)


def _images(dataset: Dataset) -> str:
    images, counts = dataset.train, dataset.train.class_counts
    colour = "grey" if images.shape[2] == 1 else "RGB"
    each = f"{count(int(counts.min()))} to {count(int(counts.max()))} each"
    return (
        f"{count(len(images))} training images of {by(images.shape[:2])}, {colour};"
        f" {len(images.classes)} classes of {each}"
    )


def _judged(search: SearchSettings, images: LabelledImages) -> str:
    share = f"one hold-out of {search.holdout:.0%}" if search.folds == 1 else f"{search.folds} folds"
    uneven = ", since some classes have far more images than others" if is_uneven(images) else ""
    return f"settings are compared by {search.select.replace('-', ' ')} on {share}{uneven}"


def _most_settings(speeds: Sequence[_Speed], ways: Sequence[Recipe]) -> int:
    networks, number, _ = LAYOUTS[0]
    return len(speeds[:networks]) * len(ways[:number])


def _more(settings: int, most_settings: int, length: int, most: int) -> str:
    ideas = []
    if settings < most_settings:
        ideas.append("more networks and recipes")
    if length < most:
        ideas.append(f"longer fits, of up to {most} epochs")
    if not ideas:
        return (
            "more minutes would not help: all is planned in full; larger budgets would allow larger networks"
        )
    return f"more minutes would allow {' and '.join(ideas)}"
