"""How the native engine grows: with threads, with images, with fits."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from benchmarks.figures import Spread, ratios
from gossamer.data import LabelledImages, Split, folds
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Journal, grid, open_executor, plan_search, run_search
from gossamer.training import Recipe, fit

BATCH_SIZE, RATE = 64, 0.001
TIMES = 10
FIT_IMAGES = 2400


def scaling(
    images: LabelledImages,
    network: Architecture,
    *,
    threads: int,
    rounds: int,
    on_turn: Callable[[int, str], None] = lambda *_: None,
) -> dict[str, Spread]:
    """The figures by name, each a ratio of two times that were taken one after the other, round by round.

    - one fit's epoch on `threads` threads / on 1: images a second;
    - a fit's time an image and epoch, ten epochs of a tenth of the images / one epoch of all: as many
      steps, so that 1 means that images cost the same however many there are;
    - a search's time a fit, 60 fits / 6, `threads` at a time with a journal on disk: each fit is an epoch of
      1,200 images, so short that whatever a fit costs beside training would show.
    """
    engine = open_engine("native")
    tenth = images.take(np.arange(0, len(images), TIMES, dtype=np.int64))
    some = images.take(np.linspace(0, len(images) - 1, min(FIT_IMAGES, len(images))).astype(np.int64))
    pairs: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        f"one fit, images a second on {threads} threads / on 1": (
            lambda: 1 / fit_seconds(engine, network, images, threads=threads),
            lambda: 1 / fit_seconds(engine, network, images, threads=1),
        ),
        f"one fit, time an image and epoch at {len(images):,} images / at {len(tenth):,}": (
            lambda: fit_seconds(engine, network, images, threads=1) / len(images),
            lambda: fit_seconds(engine, network, tenth, threads=1, epochs=TIMES) / (TIMES * len(tenth)),
        ),
        f"a search, {threads} fits at once, time a fit at 60 fits / at 6": (
            lambda: search_seconds(engine, network, some, rates=30, workers=threads) / 60,
            lambda: search_seconds(engine, network, some, rates=3, workers=threads) / 6,
        ),
    }
    found: dict[str, Spread] = {}
    for name, (first, second) in pairs.items():
        times = []
        for number in range(1, rounds + 1):
            on_turn(number, name)
            times.append((first(), second()))
        ratio = ratios([a for a, _ in times], [b for _, b in times])
        if ratio is not None:
            found[name] = ratio
    return found


def fit_seconds(
    engine: Engine, network: Architecture, images: LabelledImages, *, threads: int, epochs: int = 1
) -> float:
    """The seconds of a fit on all images; a class's worth of them is validated on after each epoch."""
    rows = np.arange(len(images), dtype=np.int64)
    split = Split(rows, rows[: len(network.units)])
    recipe = Recipe("scaling", RATE, BATCH_SIZE, epochs)
    started = perf_counter()
    fit(engine, network, Scaling(), images, split, recipe, threads=threads)
    return perf_counter() - started


def search_seconds(
    engine: Engine, network: Architecture, images: LabelledImages, *, rates: int, workers: int
) -> float:
    """The seconds of a search over so many rates, all but equal, on two folds."""
    learning_rates = np.linspace(RATE, 1.01 * RATE, rates).tolist()
    training = {"learning_rate": learning_rates, "batch_size": [BATCH_SIZE], "epochs": [1]}
    splits: Sequence[Split] = folds(images, count=2, stratified=True, repeat=0, seed="scaling")
    plan = plan_search(images, [splits], grid([network], training), engine, Scaling(), seed="scaling")
    with TemporaryDirectory() as folder, Journal(Path(folder) / "journal.db") as journal:
        started = perf_counter()
        run_search(plan, journal, open_executor(engine, images, workers))
        return perf_counter() - started
