"""What a fit costs beside training, by executor: `python -m benchmarks.executors`.

Many fits of a few milliseconds each, by one worker; what passes between two outcomes beside training is the
overhead. The driver's CPU time a fit, with the journal's, bounds how many workers one driver can feed.
"""

import argparse
import pickle
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.figures import Spread, spread
from benchmarks.images import BenchmarkImages, open_images
from benchmarks.machine import Bystanders, machine, versions
from benchmarks.page import head, table
from benchmarks.run import NETWORK
from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Fit, FitOutcome, Journal, Task, open_executor
from gossamer.training import Recipe

SECTION = "executors"
KINDS = ("auto", "threads", "processes", "ray")
NAMES = {"auto": "inline"}
TINY_IMAGES = 128
EXAMPLE_FITS, EXAMPLE_CORES, EXAMPLE_EPOCHS = 10_000, 64, 10


@dataclass(frozen=True)
class Overhead:
    """An executor's figures, each over the rounds.

    Attributes:
        start: seconds from opening it to the first outcome.
        gap: milliseconds between two outcomes beside training.
        driver: milliseconds of the driver's CPU a fit; training is among it where the driver trains.
    """

    start: Spread
    gap: Spread
    driver: Spread | None


def tiny_fits(engine: Engine, images: LabelledImages, count: int) -> list[Task]:
    """Fits of one epoch of a few images with the report's network, all different."""
    rows = np.linspace(0, len(images) - 1, TINY_IMAGES).astype(np.int64)
    split = Split(rows[::2], rows[1::2])
    network = Architecture.parse(NETWORK, images.shape, len(images.classes))
    return [
        Task(Fit.on(images, split, network, Scaling(), Recipe(str(n), 0.001, 64, 1), engine, f"tiny {n}"))
        for n in range(count)
    ]


def overhead(engine: Engine, images: LabelledImages, kind: str, fits: int, rounds: int) -> Overhead:
    """The figures of the executor `kind`, opened anew every round."""
    starts, gaps, drivers = [], [], []
    for _ in range(rounds):
        started, arrivals, seconds = perf_counter(), list[float](), list[float]()
        with closing(open_executor(engine, images, 1, kind)) as executor:
            for _, outcome in executor.run(tiny_fits(engine, images, fits + 1), lambda *_: None):
                assert isinstance(outcome, FitOutcome), outcome  # noqa: S101 - else it measures something else
                if not arrivals:
                    driver = process_time()
                arrivals.append(perf_counter())
                seconds.append(outcome.seconds)
            drivers.append(1000 * (process_time() - driver) / fits)
        starts.append(arrivals[0] - started)
        gaps.append(1000 * ((arrivals[-1] - arrivals[0]) / fits - fmean(seconds[1:])))
    here = kind in {"auto", "threads"}
    return Overhead(spread(starts), spread(gaps), None if here else spread(drivers))


def journal_milliseconds(engine: Engine, images: LabelledImages, fits: int, rounds: int) -> Spread:
    """What a row of the journal takes, on the disk of the current folder."""
    tasks = tiny_fits(engine, images, fits)
    outcomes = list(open_executor(engine, images, 1).run(tasks, lambda *_: None))
    found = []
    for _ in range(rounds):
        with TemporaryDirectory(dir=Path.cwd()) as folder, Journal(Path(folder) / "journal.db") as journal:
            started = perf_counter()
            for task, outcome in outcomes:
                assert isinstance(outcome, FitOutcome)  # noqa: S101
                journal.add(task.fit, outcome)
            found.append(1000 * (perf_counter() - started) / fits)
    return spread(found)


def sizes(engine: Engine, images: LabelledImages) -> dict[str, int]:
    """Bytes that move, as Python pickles them."""
    (task,) = tiny_fits(engine, images, 1)
    ((_, outcome),) = open_executor(engine, images, 1).run([task], lambda *_: None)
    fold = np.arange(len(images), dtype=np.int64)
    bare = replace(task, fit=replace(task.fit, split=Split(fold[:0], fold[:0])))
    return {
        "task": len(pickle.dumps(bare)),
        "outcome": len(pickle.dumps(outcome)),
        "split": len(pickle.dumps(Split(fold[::2], fold[1::2]))),
        "images": len(pickle.dumps(images)),
    }


def report_fit_seconds(engine: Engine, images: LabelledImages, rounds: int) -> Spread:
    """One of the report's fits on one core: ten times an epoch of 80% of the images, validated on 20%."""
    rows = np.arange(len(images), dtype=np.int64)
    held = rows % 5 == 0
    network = Architecture.parse(NETWORK, images.shape, len(images.classes))
    fit = Fit.on(
        images,
        Split(rows[~held], rows[held]),
        network,
        Scaling(),
        Recipe("", 0.001, 64, 1),
        engine,
        "an epoch",
    )
    found = []
    for _ in range(rounds):
        ((_, outcome),) = open_executor(engine, images, 1).run([Task(fit)], lambda *_: None)
        assert isinstance(outcome, FitOutcome)  # noqa: S101
        found.append(EXAMPLE_EPOCHS * outcome.seconds)
    return spread(found)


def measure(
    source: BenchmarkImages, kinds: Sequence[str], fits: int, rounds: int
) -> tuple[str, dict[str, Any]]:
    """The figures as a section of a page and as a record."""
    engine, images, about, bystanders = open_engine("native"), source.images, machine(), Bystanders()
    overheads: dict[str, Overhead] = {}

    def take(kind: str) -> None:
        say(f"{NAMES.get(kind, kind)} ...")
        overheads[NAMES.get(kind, kind)] = overhead(engine, images, kind, fits, rounds)

    for kind in kinds:
        if kind != "ray":
            take(kind)
    say("the journal, the report's fit ...")
    journal = journal_milliseconds(engine, images, fits, rounds)
    fit = report_fit_seconds(engine, images, rounds)
    about["others"] = bystanders.share()  # before Ray, whose processes are not this one's to count
    found = versions()
    if "ray" in kinds and find_spec("ray"):
        take("ray")
        found["ray"] = version("ray")
    moved, date = sizes(engine, images), datetime.now(UTC).date().isoformat()
    lines = [
        *head(date, about, found),
        f"- Images: {source.source}; network `{NETWORK}`",
        f"- {rounds} rounds of {fits} fits of {TINY_IMAGES} images by one worker; medians with"
        " (least to greatest)",
        "",
        table(
            [
                "executor",
                "seconds to the first outcome",
                "ms a fit beside training",
                "ms of the driver's CPU",
            ],
            [
                [name, _cell(each.start), _cell(each.gap), _cell(each.driver)]
                for name, each in overheads.items()
            ],
        ),
        "",
        f"- A row of the journal: {_cell(journal)} ms",
        f"- Bytes: a task {moved['task']:,}, an outcome {moved['outcome']:,}; once a node, the images"
        f" {moved['images']:,} and each fold's split {moved['split']:,}",
        f"- One of the report's fits ({EXAMPLE_EPOCHS} epochs) on one core: {_cell(fit)} s",
    ]
    if "ray" in overheads:
        lines += ["", *example(overheads["ray"], journal, fit, moved)]
    record = {
        "date": date,
        "machine": about,
        "versions": found,
        "images": source.source,
        "fits": fits,
        "rounds": rounds,
        "overheads": {name: asdict(each) for name, each in overheads.items()},
        "journal_milliseconds": asdict(journal),
        "bytes": moved,
        "report_fit_seconds": asdict(fit),
    }
    return "\n".join(lines) + "\n", record


def example(ray: Overhead, journal: Spread, fit: Spread, moved: dict[str, int]) -> list[str]:
    """The arithmetic of a large search on a cluster, from the medians."""
    turns = EXAMPLE_FITS / EXAMPLE_CORES
    training = turns * fit.median
    assert ray.driver is not None  # noqa: S101 - its driver does not train
    busy = EXAMPLE_FITS * (ray.driver.median + journal.median) / 1000
    megabytes = EXAMPLE_FITS * moved["outcome"] / 1e6
    return [
        f"{EXAMPLE_FITS:,} such fits on {EXAMPLE_CORES} cores of this kind, worked out, not measured:",
        "",
        f"- training: {EXAMPLE_FITS:,} / {EXAMPLE_CORES} x {fit.median:.1f} s = {training / 60:.0f} min",
        f"- overhead at the workers: {EXAMPLE_FITS:,} / {EXAMPLE_CORES} x {ray.gap.median:.1f} ms"
        f" = {turns * ray.gap.median / 1000:.1f} s",
        f"- the driver: {EXAMPLE_FITS:,} x ({ray.driver.median:.1f} + {journal.median:.1f}) ms = {busy:.0f} s"
        f" of one core, {busy / training:.1%} of the time; it would be busy all the time with about"
        f" {fit.median * 1000 / (ray.driver.median + journal.median):,.0f} cores",
        f"- outcomes: {EXAMPLE_FITS:,} x {moved['outcome'] / 1000:.0f} kB = {megabytes:,.0f} MB,"
        f" {megabytes / training:.2f} MB a second into the driver",
    ]


def _cell(found: Spread | None) -> str:
    return "" if found is None else f"{found.median:.2f} ({found.least:.2f} to {found.greatest:.2f})"


def main(arguments: list[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)
    return deliver(
        options,
        SECTION,
        lambda: measure(
            open_images(options.images, random=options.random), options.only, options.fits, options.rounds
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.executors",
        description="What a fit costs beside training, by executor; see docs/cluster.md.",
        epilog="example: python -m benchmarks.executors --only threads ray --rounds 3",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--fits", type=positive(int), default=300, help="a round")
    add("--rounds", type=positive(int), default=5, help="of each executor")
    add("--only", choices=KINDS, nargs="+", default=KINDS, help="these executors; auto is inline")
    add("--images", type=positive(int), default=0, help="use so many training images (default: all)")
    add("--random", action="store_true", help="random images instead of Fashion-MNIST")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
