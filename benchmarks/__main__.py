"""The command `python -m benchmarks`."""

import argparse
import sys
from typing import Any

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.images import open_images
from benchmarks.instruction_sets import VARIABLES, hold_to
from benchmarks.machine import cores, limit_cores
from benchmarks.page import markdown
from benchmarks.run import run

SECTION = "results"


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, write; the exit code."""
    options = _parser().parse_args(arguments)
    limit_cores(options.threads)
    if options.kernels:
        hold_to(options.kernels)

    def measure() -> tuple[str, Any]:
        record = run(
            open_images(options.images, random=options.random),
            threads=options.threads,
            rounds=options.rounds,
            seconds=options.seconds,
            batch_sizes=options.batch_sizes,
            only=options.only,
            grow=not options.no_scaling,
            held_to=options.kernels,
            say=say,
        )
        return markdown(record), record.to_json()

    return deliver(options, f"{SECTION}-{options.kernels}" if options.kernels else SECTION, measure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Images a second that gossamer's native engine and other tools train and classify, side"
        " by side on this machine; see docs/benchmarks.md.",
        epilog="example: python -m benchmarks --only native --only 'PyTorch tuned' --seconds 0.5",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--seconds", type=positive(float), default=1.0, help="of a measurement, about")
    add("--rounds", type=positive(int), default=5, help="of everyone's turns; one more warms up")
    add(
        "--threads",
        type=positive(int),
        default=cores(),
        help="of those that use several; limits the CPUs used",
    )
    add("--batch-sizes", type=positive(int), nargs="+", default=[32, 64, 128], help="to train at")
    add("--images", type=positive(int), default=0, help="use so many training images (default: all)")
    add("--random", action="store_true", help="random images instead of Fashion-MNIST")
    add("--only", metavar="WORD", action="append", default=[], help="only contestants whose name contains it")
    add("--no-scaling", action="store_true", help="leave out how the native engine scales")
    add(
        "--kernels",
        choices=VARIABLES,
        help="hold everyone to this instruction set; a page section of its own",
    )
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
