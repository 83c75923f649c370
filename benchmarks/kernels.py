"""How long each kernel of the native engine takes: `python -m benchmarks.kernels`.

The report's network and those under batch norm, or a network of your own. One thread, random activations of
which a stated share is positive: the backward pass of a convolution with its ReLU visits those alone.
Instruction sets take turns, and a figure is the least of all rounds: what a kernel takes when nothing
disturbs it. `make bench` says what training takes as a whole. `--threads` adds pairs of whole epochs of the
report's network, on several threads and on one.
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
from benchmarks.networks import CASES, Case
from benchmarks.page import head, ratio_cell, table
from benchmarks.run import NETWORK
from benchmarks.scaling import BATCH_SIZE, fit_seconds
from gossamer.engine import open_engine
from gossamer.network import Architecture
from gossamer.network.ops import by

SECTION = "kernels"
TIMED = tuple(case for case in CASES if case.words == NETWORK or case.network.has_norms)


@dataclass(frozen=True)
class KernelFigure:
    """One kernel of a network with one instruction set.

    Attributes:
        network: in words.
        kernels: the instruction set.
        what: the kernel, by layer.
        microseconds: of an image; a step's work is shared out among a batch's images.
        peak_share: of the multiply-adds that one thread can do in that time, those it does; None without any.
    """

    network: str
    kernels: str
    what: str
    microseconds: float
    peak_share: float | None


def peaks_of(names: Sequence[str]) -> dict[str, float]:
    """The most multiply-adds a second that one thread does, by instruction set."""
    from gossamer.engine import _native  # noqa: PLC0415 - it may not be built

    return {name: max(_native.peak_multiply_adds(name) for _ in range(10)) for name in names}


def kernel_figures(case: Case, share: float, rounds: int, peaks: dict[str, float]) -> list[KernelFigure]:
    """Every kernel of a network with every instruction set of `peaks`."""
    from gossamer.engine import _native  # noqa: PLC0415 - it may not be built
    from gossamer.engine.native import nodes_of  # noqa: PLC0415 - as above

    nodes = nodes_of(case.network.graph)
    least: dict[tuple[str, str], float] = {}
    work: dict[tuple[str, str], float] = {}
    for number in range(1, rounds + 1):
        for name in peaks:
            say(f"{case.words}: round {number} of {rounds}: {name}")
            for what, seconds, multiply_adds, step in _native.kernel_times(name, nodes, case.shape, share):
                key, images = (name, what), case.batch_size if step else 1
                least[key] = min(least.get(key, seconds / images), seconds / images)
                work[key] = multiply_adds / images
    return [
        KernelFigure(case.words, name, what, seconds * 1e6, work[name, what] / seconds / peaks[name] or None)
        for (name, what), seconds in least.items()
    ]


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


def measure(cases: Sequence[Case], share: float, rounds: int, threads: int) -> dict[str, Any]:
    """All that is measured, as plain values.

    Raises:
        EngineError: the native engine is not built.
    """
    open_engine("native")
    from gossamer.engine import _native  # noqa: PLC0415 - it may not be built

    bystanders, box = Bystanders(), machine()
    peaks = peaks_of([name for name in _native.runnable() if name != "reference"])
    figures = [figure for case in cases for figure in kernel_figures(case, share, rounds, peaks)]
    pairs = thread_pairs(threads, rounds) if threads > 1 else []
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": box | {"others": bystanders.share()},
        "versions": versions(),
        "networks": [asdict(case) for case in cases],
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
    lines = [
        *head(record["date"], record["machine"], record["versions"]),
        f"- {record['positive']:.0%} of activations positive",
        f"- Microseconds an image, the least of {record['rounds']} rounds; what is done once a step is"
        " shared out among the images of a batch",
        f"- In brackets the share of one thread's peak, {peaks} thousand million multiply-adds a second,"
        " of those that the kernel does: Winograd's, and those of active outputs alone",
    ]
    parts = ["\n".join(lines)]
    for case in record["networks"]:
        rows: dict[str, dict[str, str]] = {}
        for each in (each for each in record["kernels"] if each["network"] == case["words"]):
            peak = "" if each["peak_share"] is None else f" ({each['peak_share']:.0%})"
            rows.setdefault(each["what"], {})[each["kernels"]] = f"{each['microseconds']:.2f}{peak}"
        parts += [
            f"`{case['words']}`, {by(case['shape'])}, batches of {case['batch_size']}:",
            table(["kernel", *names], [[what, *(row[name] for name in names)] for what, row in rows.items()]),
        ]
    if ratio := ratios([several for several, _ in record["pairs"]], [one for _, one in record["pairs"]]):
        each = ", ".join(f"{several / one:.2f}" for several, one in record["pairs"])
        parts.append(
            f"One fit of `{NETWORK}` at batch {record['batch_size']}, images a second on"
            f" {record['threads']} threads / on 1: {ratio_cell(ratio)}; pair by pair {each}."
        )
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)
    cases = [Case(options.network, options.shape, BATCH_SIZE)] if options.network else TIMED

    def found() -> tuple[str, Any]:
        record = measure(cases, options.positive, options.rounds, options.threads)
        return kernels_markdown(record), record

    return deliver(options, SECTION, found)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1; got {text}")
    return value


def _shape(text: str) -> tuple[int, int, int]:
    sizes = [int(size) for size in text.split("x")]
    if len(sizes) != 3:
        raise argparse.ArgumentTypeError(f"expected a shape such as 28x28x1; got {text}")
    return sizes[0], sizes[1], sizes[2]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kernels",
        description="Microseconds an image that each kernel of the native engine takes, with every"
        " instruction set that runs here.",
        epilog="example: python -m benchmarks.kernels --rounds 20 --threads 2",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--network", default="", help="time this network alone")
    add("--shape", type=_shape, default="28x28x1", help="of its images")
    add("--positive", type=_share, default=0.73, help="share of activations above 0")
    add("--rounds", type=positive(int), default=5, help="of every instruction set's turn, and of pairs")
    add("--threads", type=positive(int), default=1, help="also pair a fit on so many threads with one on 1")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
