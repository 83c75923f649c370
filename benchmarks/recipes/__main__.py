"""Fits recipes side by side on fixed splits; what is done is kept in a journal, and not done again.

    python -m benchmarks.recipes [--only ablation] [--folder build/recipes] [--wheel animal_mnist-0.4.whl]

No test set is opened. Every row of a table has the images, the split and the seeds of the others.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from benchmarks.command import add_outputs, deliver, say
from benchmarks.machine import machine, versions
from benchmarks.page import head, table
from benchmarks.recipes.images import Material, animals, drawings, fashion
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Fit, Journal, TeacherPlan, do_tasks, grid, missing_teachers, open_executor, resume
from gossamer.seeds import derive_seed

SECTION = "recipes"
REPORTED = "conv16 pool conv32 pool dense"
SEP = "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense"
COLOUR = "bn conv16 pool sep32 pool sep48 pool sep64 gap dense"
TEACHER = "bn conv32 conv32 pool conv64 conv64 pool conv96 gap dense"

PLAIN = {"learning_rate": 0.001, "batch_size": 128}
ONE_CYCLE = {"learning_rate": 0.01, "schedule": "one-cycle"}


@dataclass(frozen=True)
class Row:
    """A network with the values of its recipe that are not neutral."""

    name: str
    words: str
    recipe: Mapping[str, Any]
    teacher: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Table:
    """Rows on the same images and seeds."""

    title: str
    rows: Sequence[Row]
    seeds: int


def _ablation() -> Table:
    """Every row adds to the one before."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("plain: Adam 0.001", {}),
        ("schedule: one-cycle to 0.01", ONE_CYCLE),
        ("optimizer: adamw, weight decay 0.05", {"optimizer": "adamw", "weight_decay": 0.05}),
        ("augmentation: flip (alternating)", {"flip": "alternating"}),
        ("augmentation: shift 1", {"shift": 1}),
        ("augmentation: erase 6", {"erase": 6}),
        ("label smoothing: 0.1", {"label_smoothing": 0.1}),
        ("moving average: 0.999", {"ema": 0.999}),
    ]
    rows, recipe = [], PLAIN | {"epochs": 30}
    for name, more in steps:
        recipe = recipe | more
        rows.append(Row(name, SEP, recipe))
    teacher = PLAIN | ONE_CYCLE | {"layers": TEACHER, "epochs": 20, "flip": "alternating", "shift": 1}
    teacher |= {"optimizer": "adamw", "weight_decay": 0.05, "temperature": 2.0, "labels": 0.0}
    rows.append(Row("teacher", SEP, recipe, teacher))
    return Table("Fashion-MNIST: each row adds to the one before", rows, seeds=1)


def _silhouettes() -> Table:
    plain = {"learning_rate": 0.001, "batch_size": 64, "epochs": 20}
    recipe = plain | ONE_CYCLE | {"batch_size": 128, "epochs": 60, "optimizer": "adamw", "weight_decay": 0.05}
    recipe |= {"flip": "horizontal", "shift": 2, "rotate": 10.0, "zoom": 0.1}
    rows = [
        Row(f"{name}, {words}", words, values)
        for words in (REPORTED, SEP)
        for name, values in (("plain", plain), ("recipe", recipe))
    ]
    return Table("Animal-MNIST: at most 20,490 parameters", rows, seeds=3)


def _uneven() -> Table:
    plain = {"learning_rate": 0.001, "batch_size": 64, "epochs": 30}
    recipe = plain | ONE_CYCLE | {"epochs": 60, "optimizer": "adamw", "weight_decay": 0.05}
    recipe |= {
        "flip": "horizontal",
        "shift": 4,
        "rotate": 20.0,
        "zoom": 0.1,
        "brightness": 0.2,
        "contrast": 0.2,
    }
    balanced = {"class_weights": "balanced"}
    rows = [
        Row("plain", COLOUR, plain),
        Row("class weights alone", COLOUR, plain | balanced),
        Row("recipe", COLOUR, recipe),
        Row("class weights and recipe", COLOUR, recipe | balanced),
    ]
    return Table("Uneven RGB drawings", rows, seeds=3)


@dataclass(frozen=True)
class Found:
    """A fit's figures on the held-out images; `smallest` is the recall of the smallest class."""

    accuracy: float
    balanced_accuracy: float
    smallest: float
    seconds: float


def fit_of(row: Row, material: Material, engine: Engine, seed: int) -> Fit:
    """The fit of a row with a seed, and with its teacher, if it has one."""
    on = material.images, material.split
    network = Architecture.parse(row.words, material.images.shape, len(material.images.classes))
    (setting,) = grid([network], {name: [value] for name, value in row.recipe.items()})
    derived = derive_seed("recipes", seed)
    teacher = None
    if row.teacher is not None:
        values = dict(row.teacher)
        larger = Architecture.parse(values.pop("layers"), material.images.shape, network.classes)
        how = values.pop("temperature"), values.pop("labels")
        (taught_by,) = grid([larger], {name: [value] for name, value in values.items()})
        plan = TeacherPlan(taught_by, *how)
        teacher = plan.on(*on, Scaling(), engine, derived, f"teacher, seed {seed}")
    recipe = setting.recipe(derived)
    return Fit.on(*on, network, Scaling(), recipe, engine, f"{row.name}, seed {seed}", teacher)


def measure(chosen: Table, material: Material, journal: Journal, workers: int) -> list[list[Found]]:
    """Every row's figures, seed by seed; fits that the journal has are not done again."""
    engine = open_engine("native")
    fits = [[fit_of(row, material, engine, seed) for seed in range(chosen.seeds)] for row in chosen.rows]
    every = [fit for row in fits for fit in row]
    first = [*missing_teachers(journal, every), *(fit for fit in every if fit.teacher is None)]
    with closing(open_executor(engine, material.images, workers)) as executor:
        for part in (first, every):
            tasks = [resume(journal, fit) for fit in part if journal.find(fit) is None]
            do_tasks(
                tasks, journal, executor, on_done=lambda fit, done: say(f"{fit.label}: {done.seconds:.0f} s")
            )
    return [[_found(fit, material, engine, journal) for fit in row] for row in fits]


def _found(fit: Fit, material: Material, engine: Engine, journal: Journal) -> Found:
    outcome = journal.find(fit)
    assert outcome is not None  # noqa: S101 - it has just been done
    last, rows = outcome.history[-1], material.split.validation
    smallest = int(np.bincount(material.images.labels[material.split.train]).argmin())
    here = rows[material.images.labels[rows] == smallest]
    logits = engine.logits(fit.network, outcome.fitted.weights, fit.scaling, material.images.images[here])
    recall = float((logits.argmax(axis=1) == smallest).mean())
    return Found(last.val_accuracy, last.val_balanced_accuracy, recall, outcome.seconds)


def _cell(values: Sequence[float], digits: int = 2) -> str:
    """A mean and its sample standard deviation in percent."""
    spread = f" ± {100 * stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{100 * fmean(values):.{digits}f} %{spread}"


def markdown(chosen: Table, material: Material, found: Sequence[Sequence[Found]]) -> str:
    """A table with its heading."""
    uneven = max(material.images.class_counts) > 1.5 * min(material.images.class_counts)
    heads = [
        "recipe",
        "parameters",
        "accuracy",
        *(["balanced", "smallest class"] if uneven else []),
        "seconds",
    ]
    lines = []
    for row, fits in zip(chosen.rows, found, strict=True):
        network = Architecture.parse(row.words, material.images.shape, len(material.images.classes))
        cells = [row.name, f"{network.parameters:,}", _cell([each.accuracy for each in fits])]
        if uneven:
            cells += [
                _cell([each.balanced_accuracy for each in fits], 1),
                _cell([each.smallest for each in fits], 1),
            ]
        lines.append([*cells, f"{fmean(each.seconds for each in fits):.0f}"])
    seeds = f"{chosen.seeds} seeds, mean ± standard deviation" if chosen.seeds > 1 else "one seed"
    return f"### {chosen.title}\n\n{material.name}; last epoch; {seeds}.\n\n{table(heads, lines)}"


def main(arguments: list[str] | None = None) -> int:
    """Parse, fit, write; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__)
    parser.add_argument("--only", choices=["ablation", "animals", "drawings"], action="append")
    parser.add_argument("--folder", type=Path, default=Path("build/recipes"), help="where fits are kept")
    parser.add_argument(
        "--wheel", type=Path, help="the file of the package animal-mnist, which `pip download` gives"
    )
    parser.add_argument("--workers", type=int, default=2)
    add_outputs(parser)
    options = parser.parse_args(arguments)
    wanted = options.only or ["ablation", *(["animals"] if options.wheel else []), "drawings"]

    def run() -> tuple[str, Any]:
        options.folder.mkdir(parents=True, exist_ok=True)
        openers = {
            "ablation": (_ablation, fashion),
            "animals": (_silhouettes, lambda: animals(options.wheel or Path("animal_mnist.whl"))),
            "drawings": (_uneven, drawings),
        }
        parts = []
        with Journal(options.folder / "journal.db") as journal:
            for name in wanted:
                chosen, opener = openers[name]
                material = opener()
                parts.append(
                    markdown(chosen(), material, measure(chosen(), material, journal, options.workers))
                )
        lines = head(datetime.now(UTC).date().isoformat(), machine() | {"others": None}, versions())
        return "\n\n".join(["\n".join(lines), *parts]), parts

    return deliver(options, SECTION, run)


if __name__ == "__main__":
    sys.exit(main())
