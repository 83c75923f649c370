"""Speed beside others, network by network: `python -m benchmarks.networks`.

Random images, since a network's shape is not a data set's; both sides see the same ones. Everyone trains the
same network from the same weights at its batch size, in alternation, as in `make bench`. PyTorch is taken at
its best: channels first or last, eager or compiled. With `--evaluation`, networks are run and not trained,
beside ONNX Runtime at its best batch size.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.contestants import Entrant, Setting, catalogue
from benchmarks.figures import Spread, ratios, spread
from benchmarks.instruction_sets import VARIABLES, hold_to
from benchmarks.machine import Bystanders, cores, limit_cores, machine, versions
from benchmarks.page import head, ratio_cell, replace_section, table
from benchmarks.process import ProcessCorner, Task
from benchmarks.record import Standing
from benchmarks.rounds import run_rounds
from gossamer.network import Architecture, initial_weights
from gossamer.network.ops import Convolution, MaxPool, Relu, by
from gossamer.numbers import counted
from gossamer.seeds import derive_seed

SECTION = "networks"
CLASSES = 10
IMAGES = 1024
WINOGRAD = 2.25
"""How many times fewer multiplications F(2x2, 3x3) takes (Lavin and Gray 2016)."""


@dataclass(frozen=True)
class Case:
    """A network, the shape of its images, and its batch size."""

    words: str
    shape: tuple[int, int, int]
    batch_size: int

    @property
    def network(self) -> Architecture:
        """The network for ten classes."""
        return Architecture.parse(self.words, self.shape, CLASSES)


CASES = (
    Case("conv16 pool conv32 pool dense", (28, 28, 1), 64),  # the report's
    Case("conv16 conv16 pool conv32 conv32 pool conv32 gap dense", (28, 28, 1), 64),
    Case("conv16 pool conv32 pool conv64 pool dense", (32, 32, 3), 64),
    Case("conv32 conv32 pool conv64 conv64 pool conv64 gap dense", (32, 32, 3), 64),
    Case("conv8k5 pool conv16k5 pool dense", (28, 28, 1), 64),
    Case("conv16 pool conv32k1 conv32 pool conv64k1 gap dense", (64, 64, 3), 64),
    Case("conv8 pool conv16 pool conv32 pool conv32 gap dense", (96, 96, 1), 64),
    Case("bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense", (28, 28, 1), 128),
    Case("bn conv16 pool inv24e2k5 2*inv24e2k5+ pool inv36e2 inv36e2+ gap dense", (28, 28, 1), 128),
    Case(  # ResNet-8 of MLPerf Tiny
        "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense",
        (32, 32, 3),
        128,
    ),
)


@dataclass(frozen=True)
class Row:
    """A case's figures: images a second of all sides, round by round.

    `single` is the native engine on one thread, where the others have more.
    """

    case: Case
    native: list[float]
    rivals: dict[str, list[float]]
    single: list[float] | None = None

    @property
    def best(self) -> str:
        """The fastest rival by its median."""
        return max(self.rivals, key=lambda name: spread(self.rivals[name]).median)

    @property
    def ratio(self) -> Spread:
        """How many times faster the native engine is than the fastest rival."""
        return _ratio(self.native, self.rivals[self.best])

    @property
    def growth(self) -> Spread | None:
        """How many times faster the native engine is on its threads than on one."""
        return None if self.single is None else _ratio(self.native, self.single)


def _ratio(first: list[float], second: list[float]) -> Spread:
    found = ratios(first, second)
    assert found is not None  # noqa: S101 - a rate per round on both sides
    return found


def bound(network: Architecture, *, training: bool = True) -> float:
    """Multiply-adds of one image that no computation of the kind saves.

    Dense 3x3 convolutions of stride 1 by Winograd's algorithm F(2x2, 3x3) in all three directions, except
    the first layer's, which has too few channels for it. Behind ReLU and max-pool, where three of four
    gradients are zero, a quarter of the backward pass instead. No gradient of images.
    """
    total = 0.0
    for node in network.graph.nodes:
        first = node is network.graph.nodes[0]
        op = node.op
        dense = isinstance(op, Convolution) and (op.kernel, op.stride) == (3, 1) and not first
        work = node.multiply_adds / (WINOGRAD if dense else 1)
        pooled = isinstance(op, Convolution) and len(network.graph.chain(node, Relu, MaxPool)) == 3
        back = (1 if first else 2) * (node.multiply_adds / 4 if pooled else work)
        total += work + (back if training else 0)
    return total


def measure_case(
    case: Case, threads: int, rounds: int, seconds: float, *, compiled: bool, evaluation: bool = False
) -> Row | None:
    """All contestants on one network; None without the native engine or a rival."""
    rivals = ("ONNX Runtime",) if evaluation else ("PyTorch tuned", *(("torch.compile",) if compiled else ()))
    entrants = [each for each in catalogue(threads) if _takes_part(each, threads, rivals)]
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (IMAGES, *case.shape), dtype=np.uint8)
    labels = np.arange(IMAGES, dtype=np.int64) % CLASSES
    weights = initial_weights(case.network, derive_seed("benchmark"))
    standings = [Standing(e.name, e.what, e.threads, e.trains, e.missing()) for e in entrants]
    task = Task("evaluation") if evaluation else Task("training", case.batch_size)
    with ExitStack() as stack:
        corners = {}
        for entrant, standing in zip(entrants, standings, strict=True):
            if not standing.absent:
                setting = Setting(images, labels, case.network, weights, 0.001, entrant.threads)
                corners[entrant.name] = ProcessCorner(entrant, setting)
                stack.callback(corners[entrant.name].close)
        run_rounds(
            corners,
            standings,
            [task],
            rounds=rounds,
            seconds=seconds,
            on_turn=lambda number, _, name: say(f"{case.words}: round {number} of {rounds}: {name}"),
        )
    for standing in standings:
        if standing.absent:
            say(f"{standing.name}: {standing.absent}")
    rates = {each.name: each.rates[str(task)] for each in standings if not each.absent}
    native = {name: rates.pop(name) for name in list(rates) if name.startswith("native")}
    if not native or not rates:
        return None
    single = native.get("native, 1 thread")
    return Row(case, list(native.values())[-1], rates, single if threads > 1 else None)


def _takes_part(entrant: Entrant, threads: int, rivals: tuple[str, ...]) -> bool:
    if entrant.name == "native, 1 thread":
        return True
    if entrant.threads != threads or "fits at once" in entrant.name:
        return False
    return entrant.name.startswith(("native", *rivals))


def markdown(
    rows: list[Row], peak: float, threads: int, lines: list[str], *, evaluation: bool = False
) -> str:
    """The section: machine and table."""
    header = ["network", "images", "batch", "native, images/s", "others, images/s", "the fastest of them"]
    header += ["times as fast", "of its bound", *(["of one thread"] if threads > 1 else [])]
    cells = []
    for row in rows:
        network = row.case.network
        ours, theirs = spread(row.native).median, spread(row.rivals[row.best]).median
        cells.append(
            [
                "`" + row.case.words.replace("|", "\\|") + "`",  # a bar would end the cell
                by(row.case.shape),
                "" if evaluation else f"{row.case.batch_size}",
                f"{ours:,.0f}",
                f"{theirs:,.0f}",
                row.best.rpartition(",")[0],
                ratio_cell(row.ratio),
                f"{ours * bound(network, training=not evaluation) / (peak * threads):.0%}",
                *([ratio_cell(row.growth)] if threads > 1 else []),
            ]
        )
    return "\n\n".join(
        [
            "\n".join(
                [
                    *lines,
                    f"- Threads: {threads} for everyone; peak {peak / 1e9:.0f} G multiply-adds/s per thread",
                ]
            ),
            table(header, cells),
            _mean_ratio(rows),
        ]
    )


def short_markdown(rows: list[Row], threads: int, processor: str) -> str:
    """The table for those who only want to know whether it is fast."""
    cells = [
        [
            "`" + row.case.words.replace("|", "\\|") + "`",
            f"{spread(row.native).median:,.0f}",
            f"{spread(row.rivals[row.best]).median:,.0f}",
            f"{row.ratio.median:.1f} ({row.ratio.least:.1f} to {row.ratio.greatest:.1f})",
        ]
        for row in rows
    ]
    heads = ["network", "gossamer, images/s", "PyTorch, images/s", "times as fast"]
    return f"{table(heads, cells)}\n\n{processor}, {counted(threads, 'thread')}. {_mean_ratio(rows)}"


def _mean_ratio(rows: list[Row]) -> str:
    product = np.prod([row.ratio.median for row in rows]) ** (1 / len(rows))
    return f"Geometric mean of the ratios: {product:.2f}."


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, write; the exit code."""
    options = _parser().parse_args(arguments)
    limit_cores(max(options.threads, 1))
    if options.kernels:
        hold_to(options.kernels)
    section = "-".join(
        [
            SECTION,
            *(["evaluation"] if options.evaluation else []),
            f"{options.threads}",
            *([options.kernels] if options.kernels else []),
        ]
    )

    def measure() -> tuple[str, Any]:
        from gossamer.engine import _native  # noqa: PLC0415 - it may not be built
        from gossamer.engine.native import KERNELS_VARIABLE  # noqa: PLC0415 - as above

        box, bystanders = machine(), Bystanders()
        peak = _native.peak_multiply_adds(os.environ.get(KERNELS_VARIABLE) or _native.runnable()[0])
        chosen = [case for case in CASES if all(word in case.words for word in options.only)]
        found = [
            measure_case(
                case,
                options.threads,
                options.rounds,
                options.seconds,
                compiled=not options.eager,
                evaluation=options.evaluation,
            )
            for case in chosen
        ]
        rows = [row for row in found if row]
        box["others"] = bystanders.share()
        date = datetime.now(UTC).date().isoformat()
        lines = head(date, box, versions())
        if options.short:
            replace_section(options.short, SECTION, short_markdown(rows, options.threads, box["processor"]))
        text = markdown(rows, peak, options.threads, lines, evaluation=options.evaluation)
        return text, {
            "machine": box,
            "versions": versions(),
            "peak": peak,
            "rows": [asdict(row) for row in rows],
        }

    return deliver(options, section, measure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.networks",
        description="Images a second that the native engine and others train, network by network.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--seconds", type=positive(float), default=1.0, help="of a measurement, about")
    add("--rounds", type=positive(int), default=5, help="of everyone's turns; one more warms up")
    add("--threads", type=positive(int), default=1, help=f"of everyone; this machine has {cores()}")
    add("--only", metavar="WORD", action="append", default=[], help="only networks with this word")
    add("--evaluation", action="store_true", help="run networks beside ONNX Runtime instead of training them")
    add("--eager", action="store_true", help="without torch.compile, which takes a minute per network")
    add("--kernels", choices=VARIABLES, help="hold everyone to this instruction set")
    add("--short", type=Path, metavar="FILE", help="put a shorter table into this page")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
