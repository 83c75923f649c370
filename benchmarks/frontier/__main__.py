"""Every preset and some other networks on Fashion-MNIST, five seeds each: `python -m benchmarks.frontier`.

Seed 0 is a whole study; the others repeat the final fit of what it selected, from other starting weights and
in other orders. Every model **opens the test set once**, after everything is fixed. What is done is kept in
a folder, and the record beside the presets keeps what was measured: a point is not measured again while its
study is the same. The presets' models of seed 0 become those that come with gossamer. Nothing may be selected
by what this prints.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scipy.stats import t

import gossamer
from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.cortex_m import missing_tools, run_on_cortex_m
from benchmarks.frontier.points import points
from benchmarks.machine import cores, machine, versions
from benchmarks.page import replace_section, table
from benchmarks.seeds import fit_seeds
from gossamer.files import pretty_json, write_atomically
from gossamer.models import FOLDER as MODELS
from gossamer.numbers import counted
from gossamer.presets import PRESETS
from gossamer.presets.measured import RECORD, Measured, Point, SeedFigures, hash_of, read_measured
from gossamer.report.cost_figure import CostPoint, cost_figure
from gossamer.search import Journal
from gossamer.study import RunSettings, Study, StudyFolder, read_records
from gossamer.study.record import encode

SECTION = "frontier"
GOLDEN = 20


def measure(name: str, study: Study, folder: Path) -> Point:
    """Run the study with seed 0, and export its model.

    Raises:
        GossamerError: the study cannot be run.
    """
    found = gossamer.run(replace(study, run=RunSettings(seed=0)), out=folder)
    exported = gossamer.export_model(
        folder, "c-int8", folder / "int8", name="tiny", golden=GOLDEN, force=True
    )
    device = None if missing_tools() else run_on_cortex_m(folder / "int8")
    timings = read_records(StudyFolder(folder)).timings
    assert timings is not None  # noqa: S101 - the run has written them
    record, network = found.record, found.model.network
    held_out = record.selected.mean_val_accuracy
    assert held_out is not None  # noqa: S101 - a setting that diverged is not selected
    fits, seconds = sum(len(cell.folds) for cell in record.search.cells), timings.seconds
    return Point(
        name,
        hash_of(study),
        network.words,
        network.parameters,
        network.folded.parameters,
        network.multiply_adds,
        _machine(),
        next(number for number, cell in enumerate(record.search.cells) if record.is_selected(cell)),
        held_out,
        exported.engine_accuracy,
        exported.accuracy,
        seconds.search_fits / min(fits, timings.workers) + seconds.final_fit,
        device.flash if device else None,
        device.ram if device else None,
        (SeedFigures(0, record.test.accuracy, record.test.loss, seconds.final_fit),),
    )


def publish(name: str, study_folder: Path, models: Path) -> None:
    """Put the study's model and its card among those that come with gossamer."""
    gossamer.export_model(study_folder, "huggingface", study_folder)
    models.mkdir(parents=True, exist_ok=True)
    for there, here in (("model.safetensors", f"{name}.safetensors"), ("README.md", f"{name}.md")):
        write_atomically(models / here, (study_folder / "huggingface" / there).read_bytes())


def on_device(measured: Measured, models: Path) -> Measured:
    """The record with flash and RAM of the presets' models as they are exported now."""

    def again(point: Point) -> Point:
        model = models / f"{point.name}.safetensors"
        if not model.is_file():
            return point
        with TemporaryDirectory() as folder:
            gossamer.export_model(
                model, "c-int8", folder, data="fashion-mnist", name="tiny", golden=GOLDEN, force=True
            )
            device = run_on_cortex_m(Path(folder))
        say(f"{point.name}: {device.flash:,} bytes of flash, {device.ram:,} of RAM")
        return replace(point, flash=device.flash, ram=device.ram)

    return Measured(tuple(map(again, measured.points)))


def refit(point: Point, study: Study, seeds: Sequence[int], folder: Path) -> Point:
    """The point with models of more seeds, by the final fit of the setting that seed 0 selected."""
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder / "seeds.db") as journal:
        found = fit_seeds(study, seeds, journal, workers=cores(), setting=point.setting)
    figures = (SeedFigures(each.seed, each.test_accuracy, each.test_loss, each.seconds) for each in found)
    return replace(point, seeds=(*point.seeds, *figures))


def _machine() -> str:
    found, known = machine(), versions(("gossamer", "numpy"))
    named = ", ".join(f"{name} {version}" for name, version in known.items())
    return f"{found['processor']}, {counted(found['cores'], 'core')}; {found['native']}; {named}"


def turns(seeds: int) -> list[range]:
    """Seed 0 alone, then as many seeds at once as there are cores."""
    return [range(1), *(range(first, min(first + cores(), seeds)) for first in range(1, seeds, cores()))]


def put(measured: Measured, point: Point) -> Measured:
    """The record with the point in the place of what it holds of that name."""
    order = list(points())
    others = [each for each in measured.points if each.name != point.name and each.name in order]
    return Measured(tuple(sorted([*others, point], key=lambda each: order.index(each.name))))


def figure(measured: Measured) -> str:
    """Accuracy against parameters and multiply-adds."""
    drawn = [
        CostPoint(
            point.name,
            {"trained parameters": point.parameters, "multiply-adds per image": point.multiply_adds},
            *point.accuracy,
        )
        for point in measured.points
    ]
    label = "Test accuracy on Fashion-MNIST against parameters and multiply-adds"
    return cost_figure(drawn, label, "test accuracy in %")


def markdown(measured: Measured) -> str:
    """The table, and who measured what."""
    rows = [_row(point) for point in measured.points]
    heads = [
        "network",
        "parameters",
        "deployed",
        "multiply-adds",
        "seeds",
        "test accuracy",
        "95 % interval",
        "held-out accuracy",
        "change in int8",
        "flash",
        "RAM with stack",
        "minutes",
    ]
    lines = [f"- {point.name}: `{point.layers}`; {point.machine}" for point in measured.points]
    return "\n".join([table(heads, rows), "", *lines])


def short_markdown(measured: Measured) -> str:
    """The table for those who only want to know what a network costs and what it does."""
    heads = [
        "network",
        "parameters",
        "multiply-adds",
        "test accuracy",
        "seeds",
        "int8 flash",
        "int8 RAM with stack",
    ]
    rows = [
        [
            point.name,
            f"{point.parameters:,}",
            f"{point.multiply_adds:,}",
            point.accuracy_in_words,
            str(len(point.seeds)),
            *(f"{size:,}" if size else "" for size in (point.flash, point.ram)),
        ]
        for point in measured.points
    ]
    return table(heads, rows)


def _row(point: Point) -> list[str]:
    mean, spread = point.accuracy
    interval = ""
    if spread is not None:
        count = len(point.seeds)
        half = float(t.ppf(0.975, count - 1)) * spread / count**0.5
        interval = f"{100 * (mean - half):.2f} to {100 * (mean + half):.2f}"
    return [
        point.name,
        f"{point.parameters:,}",
        f"{point.deployed_parameters:,}",
        f"{point.multiply_adds:,}",
        str(len(point.seeds)),
        point.accuracy_in_words,
        interval,
        f"{100 * point.val_accuracy:.2f} %",
        f"{100 * (point.int8_accuracy - point.float_accuracy):+.2f}",
        *(f"{size:,}" if size else "" for size in (point.flash, point.ram)),
        f"{point.seconds / 60:.0f}",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)
    every = points()

    def run() -> tuple[str, Any]:
        measured = read_measured(options.record) if options.record.exists() else Measured(())
        for seeds in turns(options.seeds):  # breadth first: broken off, it leaves comparable figures
            for name in options.only or every:
                study, point = every[name], measured.find(name, every[name])
                folder = options.folder / f"{name.replace(' ', '-')}-{hash_of(study)}"
                if point is None:
                    point = measure(name, study, folder)
                    if name in PRESETS:
                        publish(name, folder, options.models)
                elif missing := [seed for seed in seeds if all(each.seed != seed for each in point.seeds)]:
                    point = refit(point, study, missing, folder)
                else:
                    continue
                measured = put(measured, point)
                write_atomically(options.record, pretty_json(encode(measured)))
                figures = ", ".join(f"{each.test_accuracy:.4f}" for each in point.seeds)
                say(f"{name}: test accuracies {figures}")
        if options.devices:
            measured = on_device(measured, options.models)
            write_atomically(options.record, pretty_json(encode(measured)))
        if options.figure:
            write_atomically(options.figure, figure(measured))
        if options.short:
            replace_section(options.short, SECTION, short_markdown(measured))
        return markdown(measured), encode(measured)

    return deliver(options, SECTION, run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontier",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add_option = parser.add_argument
    add_option("--only", choices=list(points()), action="append", help="a point; may be given again")
    add_option("--seeds", type=positive(int), default=5, help="how many of each (5)")
    add_option("--folder", type=Path, default=Path("build/frontier"), help="where studies are kept")
    add_option("--record", type=Path, default=RECORD, help="what is measured already")
    add_option("--models", type=Path, default=MODELS, help="where the presets' models are put")
    add_option("--devices", action="store_true", help="measure flash and RAM of the presets' models again")
    add_option(
        "--figure", type=Path, metavar="FILE", help="draw accuracy against parameters and multiply-adds"
    )
    add_option("--short", type=Path, metavar="FILE", help="put a shorter table into this page")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
