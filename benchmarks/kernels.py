"""How long each kernel of the native engine takes: `python -m benchmarks.kernels`.

The report's network, one thread, random activations of which a stated share is positive: the backward pass
visits those alone. Instruction sets take turns, and a figure is the least of all rounds: what a kernel takes
when nothing disturbs it. `make bench` says what training takes as a whole. `--threads` adds pairs of whole
epochs, on several threads and on one.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.figures import ratios
from benchmarks.images import open_images
from benchmarks.machine import Bystanders, machine, versions
from benchmarks.page import head, ratio_cell, table
from benchmarks.run import NETWORK
from benchmarks.scaling import BATCH_SIZE, fit_seconds
from gossamer.engine import open_engine
from gossamer.network import Architecture

SECTION = "kernels"
SHAPE, CLASSES = (28, 28, 1), 10


@dataclass(frozen=True)
class KernelFigure:
    """One kernel with one instruction set.

    Attributes:
        kernels: the instruction set.
        what: the kernel, by layer.
        microseconds: of an image; a step's work is shared out among a batch's images.
        peak_share: of the multiply-adds that one thread can do in that time, those it does; None without any.
    """

    kernels: str
    what: str
    microseconds: float
    peak_share: float | None


def kernel_figures(share: float, rounds: int) -> tuple[list[KernelFigure], dict[str, float]]:
    """Every kernel with every instruction set that runs here, and the peaks in multiply-adds a second.

    Raises:
        EngineError: the native engine is not built.
    """
    open_engine("native")
    from gossamer.engine import _native  # noqa: PLC0415 - it may not be built
    from gossamer.engine.native import nodes_of  # noqa: PLC0415 - as above

    nodes = nodes_of(Architecture.parse(NETWORK, SHAPE, CLASSES).graph)
    names = [name for name in _native.runnable() if name != "reference"]
    least: dict[tuple[str, str], float] = {}
    work: dict[tuple[str, str], float] = {}
    peaks = dict.fromkeys(names, 0.0)
    for number in range(1, rounds + 1):
        for name in names:
            say(f"round {number} of {rounds}: {name}")
            peaks[name] = max(peaks[name], _native.peak_multiply_adds(name))
            for what, seconds, multiply_adds, step in _native.kernel_times(name, nodes, SHAPE, share):
                key, images = (name, what), BATCH_SIZE if step else 1
                least[key] = min(least.get(key, seconds / images), seconds / images)
                work[key] = multiply_adds / images
    figures = [
        KernelFigure(name, what, seconds * 1e6, work[name, what] / seconds / peaks[name] or None)
        for (name, what), seconds in least.items()
    ]
    return figures, peaks


def thread_pairs(threads: int, rounds: int) -> list[tuple[float, float]]:
    """Images a second of an epoch on `threads` threads and on one, in turns."""
    source = open_images()
    images, engine = source.images, open_engine("native")
    network = Architecture.parse(NETWORK, images.shape, len(images.classes))
    found = []
    for number in range(1, rounds + 1):
        say(f"pair {number} of {rounds}: {source.source}")
        several, one = (
            len(images) / fit_seconds(engine, network, images, threads=count) for count in (threads, 1)
        )
        found.append((several, one))
    return found


def measure(share: float, rounds: int, threads: int) -> dict[str, Any]:
    """All that is measured, as plain values."""
    bystanders, box = Bystanders(), machine()
    figures, peaks = kernel_figures(share, rounds)
    pairs = thread_pairs(threads, rounds) if threads > 1 else []
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": box | {"others": bystanders.share()},
        "versions": versions(),
        "network": NETWORK,
        "positive": share,
        "batch_size": BATCH_SIZE,
        "rounds": rounds,
        "peaks": peaks,
        "kernels": [asdict(figure) for figure in figures],
        "threads": threads,
        "pairs": pairs,
    }


def kernels_markdown(record: dict[str, Any]) -> str:
    """The record as a section of a page."""
    names = list(record["peaks"])
    peaks = ", ".join(f"{name} {peak / 1e9:.1f}" for name, peak in record["peaks"].items())
    cells: dict[str, dict[str, str]] = {}
    for each in record["kernels"]:
        peak = "" if each["peak_share"] is None else f" ({each['peak_share']:.0%})"
        cells.setdefault(each["what"], {})[each["kernels"]] = f"{each['microseconds']:.2f}{peak}"
    lines = [
        *head(record["date"], record["machine"], record["versions"]),
        f"- Network: `{record['network']}`; {record['positive']:.0%} of activations positive",
        f"- Microseconds an image, the least of {record['rounds']} rounds; what is done once a step is"
        f" shared out among the {record['batch_size']} images of a batch",
        f"- In brackets the share of one thread's peak, {peaks} thousand million multiply-adds a second,"
        " of those that the kernel does: Winograd's, and those of active places alone",
    ]
    parts = [
        "\n".join(lines),
        table(["kernel", *names], [[what, *(row[name] for name in names)] for what, row in cells.items()]),
    ]
    if ratio := ratios([several for several, _ in record["pairs"]], [one for _, one in record["pairs"]]):
        each = ", ".join(f"{several / one:.2f}" for several, one in record["pairs"])
        parts.append(
            f"One fit at batch {record['batch_size']}, images a second on {record['threads']} threads / on 1:"
            f" {ratio_cell(ratio)}; pair by pair {each}."
        )
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)

    def found() -> tuple[str, Any]:
        record = measure(options.positive, options.rounds, options.threads)
        return kernels_markdown(record), record

    return deliver(options, SECTION, found)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1; got {text}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kernels",
        description="Microseconds an image that each kernel of the native engine takes, with every"
        " instruction set that runs here.",
        epilog="example: python -m benchmarks.kernels --rounds 20 --threads 2",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--positive", type=_share, default=0.73, help="share of activations above 0")
    add("--rounds", type=positive(int), default=10, help="of every instruction set's turn, and of pairs")
    add("--threads", type=positive(int), default=1, help="also pair a fit on so many threads with one on 1")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
