"""A whole run: images, contestants, rounds, scaling, record."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from benchmarks.contestants import Setting, catalogue
from benchmarks.images import BenchmarkImages
from benchmarks.machine import Bystanders, machine, versions
from benchmarks.process import ProcessCorner, Task
from benchmarks.record import Record, Standing
from benchmarks.rounds import run_rounds
from benchmarks.scaling import scaling
from gossamer.network import Architecture, initial_weights
from gossamer.seeds import derive_seed

NETWORK = "conv16 pool conv32 pool dense"
LEARNING_RATE = 0.001
SCALING_ROUNDS = 3


def run(
    images: BenchmarkImages,
    *,
    threads: int,
    rounds: int,
    seconds: float,
    batch_sizes: Sequence[int] = (32, 64, 128),
    only: Sequence[str] = (),
    grow: bool = True,
    held_to: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Record:
    """Measure all contestants, or those whose name contains one of the words `only`.

    Args:
        images: what they train on.
        threads: how many those with several threads use.
        rounds: how many count.
        seconds: of a measurement.
        batch_sizes: what training is measured at.
        only: words; nothing for all.
        grow: whether the native engine's scaling is measured, too.
        held_to: the instruction set that `instruction_sets.hold_to` was called with, for the record.
        say: told what is being done.
    """
    date, box, bystanders = datetime.now(UTC).date().isoformat(), machine(), Bystanders()
    train = images.images
    network = Architecture.parse(NETWORK, train.shape, len(train.classes))
    weights = initial_weights(network, derive_seed("benchmark"))
    tasks = [*(Task("training", size) for size in batch_sizes), Task("evaluation")]
    entrants = [
        entrant for entrant in catalogue(threads) if not only or any(word in entrant.name for word in only)
    ]
    standings = [Standing(e.name, e.what, e.threads, e.trains, e.missing()) for e in entrants]
    peak: list[float] = []
    with ExitStack() as stack:
        corners = {}
        for entrant, standing in zip(entrants, standings, strict=True):
            if standing.absent:
                say(f"{entrant.name}: {standing.absent}")
                continue
            setting = Setting(train.images, train.labels, network, weights, LEARNING_RATE, entrant.threads)
            corners[entrant.name] = ProcessCorner(entrant, setting)
            stack.callback(corners[entrant.name].close)
        run_rounds(
            corners,
            standings,
            tasks,
            rounds=rounds,
            seconds=seconds,
            on_round=lambda: peak.extend(_peak()),
            on_turn=lambda number, task, name: say(f"round {number} of {rounds}: {task}: {name}"),
        )
    growth = {}
    if grow and box["native"] != "not built":
        growth = scaling(
            train,
            network,
            threads=threads,
            rounds=SCALING_ROUNDS,
            on_turn=lambda number, name: say(f"round {number} of {SCALING_ROUNDS}: {name}"),
        )
    box["others"] = bystanders.share()
    setting_record = {
        "images": images.source,
        "network": network.words,
        "parameters": network.parameters,
        "multiply_adds": {"evaluation": network.multiply_adds, "training": training_multiply_adds(network)},
        "learning_rate": LEARNING_RATE,
        "held_to": held_to,
        "threads": threads,
        "rounds": rounds,
        "seconds": seconds,
    }
    return Record(date, box, versions(), setting_record, list(map(str, tasks)), standings, peak, growth)


def training_multiply_adds(network: Architecture) -> int:
    """Of one image in training, as a dense computation would do them.

    The forward pass, as many for the weights' gradients and as many for the inputs', of which the first
    layer's is not needed.
    """
    return 3 * network.multiply_adds - network.graph.nodes[0].multiply_adds


def _peak() -> list[float]:
    """One thread's multiply-adds a second with the engine's kernels, if it was built."""
    try:
        from gossamer.engine import _native  # noqa: PLC0415 - it may not be built
        from gossamer.engine.native import KERNELS_VARIABLE  # noqa: PLC0415
    except ImportError:
        return []
    return [_native.peak_multiply_adds(os.environ.get(KERNELS_VARIABLE) or _native.runnable()[0])]
