"""The command `python -m benchmarks`."""

import argparse
import sys
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.images import open_images
from benchmarks.machine import cores, limit_cores
from benchmarks.page import markdown, replace_section
from benchmarks.run import run
from gossamer.errors import GossamerError
from gossamer.files import pretty_json, write_atomically

SECTION = "results"


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, write; the exit code."""
    options = _parser().parse_args(arguments)
    limit_cores(options.threads)
    try:
        record = run(
            open_images(options.images, random=options.random),
            threads=options.threads,
            rounds=options.rounds,
            seconds=options.seconds,
            batch_sizes=options.batch_sizes,
            only=options.only,
            grow=not options.no_scaling,
            say=lambda text: print(text, file=sys.stderr, flush=True),
        )
        text = markdown(record)
        print(text)
        if options.json:
            write_atomically(options.json, pretty_json(record.to_json()))
        if options.markdown:
            replace_section(options.markdown, SECTION, text)
    except (GossamerError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


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
    add("--json", type=Path, metavar="FILE", help="write the whole record")
    add("--markdown", type=Path, metavar="FILE", help="put the tables between the markers of this page")
    return parser


if __name__ == "__main__":
    sys.exit(main())
