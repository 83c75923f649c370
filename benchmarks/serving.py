"""The service beside others around the same model: `python -m benchmarks.serving`.

All answer the same request, one image's pixels as JSON, each as a process of its own with the same event
loop; wrk sends requests over loopback, to one service after the other in every round. Then only
gossamer's service is overloaded: with the pictures that cost it most, at ten times the rate that it can
answer, while its memory is measured.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.figures import ratios, spread
from benchmarks.load import Load, load
from benchmarks.machine import SERVERS, Bystanders, machine, versions
from benchmarks.page import head, ratio_cell, table
from benchmarks.run import NETWORK
from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed

SECTION = "serving"
OURS = "gossamer serve"
BATCHES = "LitServe, batches"
CONNECTIONS = (1, 16, 256)
TOO_MUCH = 10
"""The overload, in times what can be answered."""

TOOLS = ("gossamer", "numpy", "torch", *SERVERS)
JSON = "application/json"
BIG = 2_048
"""The side of the overload's pictures: as many pixels as a request may have."""


def services(model: Path) -> dict[str, list[str]]:
    """Everyone's command, to which a port is added."""
    python = sys.executable
    gossamer = str(Path(python).with_name("gossamer"))
    return {
        OURS: [gossamer, "serve", str(model), "--port"],
        f"{OURS}, no batches": [python, "-m", "benchmarks.services.one_by_one", str(model)],
        "FastAPI + PyTorch": [python, "-m", "benchmarks.services.plain", str(model)],
        "LitServe + PyTorch": [python, "-m", "benchmarks.services.litserve_worker", str(model)],
        BATCHES: [python, "-m", "benchmarks.services.litserve_worker", str(model)],
    }


@contextmanager
def running(name: str, command: Sequence[str], left_behind: list[float]) -> Iterator[tuple[int, str]]:
    """The process's number and the address to POST to, once it answers.

    The CPU seconds of workers that it leaves behind, which no parent is told of, are added to `left_behind`.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = ["16"] if name == BATCHES else []
    process = subprocess.Popen(  # noqa: S603 - our own words
        [*command, str(port), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or monotonic() > until:
                    raise ValueError(f"{name}: does not start; make bench installs what it needs") from None
                sleep(0.1)
        yield process.pid, f"http://127.0.0.1:{port}/predict"
    finally:
        process.terminate()
        process.wait(30)
        left_behind.append(_seconds_of_group(process.pid))
        with suppress(ProcessLookupError):  # some leave workers behind
            os.killpg(process.pid, signal.SIGKILL)


def measure(seconds: float, rounds: int, overload: float, only: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The figures as a section of a page and as a record."""
    about, bystanders = machine(), Bystanders()
    random = np.random.default_rng(0)
    body = json.dumps({"pixels": random.integers(0, 256, (28, 28)).tolist()}).encode()
    left_behind: list[float] = []
    with TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        _untrained().save(model)
        found: dict[str, dict[int, list[Load]]] = {}
        for number in range(rounds + 1):
            for name, command in services(model).items():
                if name != OURS and only and not any(word in name for word in only):
                    continue
                say(f"round {number} of {rounds}: {name}")
                with running(name, command, left_behind) as (_, address):
                    load(address, body, JSON, connections=16, seconds=min(2, seconds))  # warms up
                    if number == 0:
                        continue
                    for connections in CONNECTIONS:
                        run = load(address, body, JSON, connections=connections, seconds=seconds)
                        found.setdefault(name, {}).setdefault(connections, []).append(run)
        flood = _overload(services(model)[OURS], overload, left_behind) if overload else None
    about["others"] = bystanders.share(known=sum(left_behind))
    date = datetime.now(UTC).date().isoformat()
    lines = [
        *head(date, about, versions(TOOLS)),
        f"- One image's 28 x 28 pixels as JSON ({len(body):,} bytes), `{NETWORK}`; wrk on one thread",
        f"- {rounds} rounds by turns, {seconds:g} s a measurement; medians with (least to greatest)",
        "",
        _table(found),
    ]
    if flood is not None:
        lines += ["", _flood(flood)]
    record = {
        "date": date,
        "machine": about,
        "versions": versions(TOOLS),
        "loads": {
            name: {str(connections): [asdict(run) for run in runs] for connections, runs in many.items()}
            for name, many in found.items()
        },
        "overload": flood,
    }
    return "\n".join(lines) + "\n", record


def _untrained() -> Model:
    network = Architecture.parse(NETWORK, (28, 28, 1), 10)
    weights = initial_weights(network, derive_seed("serving benchmark"))
    return Model(network, weights, Scaling(), tuple(f"class {i}" for i in range(10)), {"background": 0})


def _table(found: dict[str, dict[int, list[Load]]]) -> str:
    rows = []
    for connections in CONNECTIONS:
        ours = [run.rate for run in found[OURS][connections]]
        for name, many in found.items():
            runs = many[connections]
            rates = [run.rate for run in runs]
            rows.append(
                [
                    f"{connections}",
                    name,
                    f"{spread(rates).median:,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
                    f"{1e3 * spread([run.p50 for run in runs]).median:.2f}",
                    f"{1e3 * spread([run.p99 for run in runs]).median:.2f}",
                    f"{sum(run.broken for run in runs)}",
                    "" if name == OURS else ratio_cell(ratios(ours, rates)),
                ]
            )
    titles = [
        "connections",
        "",
        "requests a second",
        "p50, ms",
        "p99, ms",
        "failed",
        "gossamer: times as many",
    ]
    return table(titles, rows)


def _overload(command: Sequence[str], seconds: float, left_behind: list[float]) -> dict[str, Any]:
    """What becomes of the service under TOO_MUCH times the pictures it can decode."""
    file = BytesIO()
    Image.fromarray(np.zeros((BIG, BIG), np.uint8)).save(file, "PNG")
    picture, kind = file.getvalue(), "image/png"
    with running(OURS, command, left_behind) as (number, plain):
        address = f"{plain}?fit=true"
        say("overload: what can be answered")
        able = load(address, picture, kind, connections=4, seconds=max(3, seconds / 6))
        connections = 256
        pause = connections / (TOO_MUCH * able.rate) * 0.8  # an answer takes time too
        before, most, stop = _memory(number), [0], Event()

        def watch() -> None:
            while not stop.wait(0.2):
                most[0] = max(most[0], _memory(number))

        watcher = Thread(target=watch)
        watcher.start()
        say(f"overload: {TOO_MUCH} times that for {seconds:g} s")
        try:
            run = load(address, picture, kind, connections=connections, seconds=seconds, pause=pause)
        finally:
            stop.set()
            watcher.join()
    return {
        "able": able.rate,
        "offered": run.offered,
        "load": asdict(run),
        "bytes_before": before,
        "bytes_most": most[0],
    }


def _memory(process: int) -> int:
    """The bytes of it in memory, on Linux."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _seconds_of_group(group: int) -> float:
    """CPU seconds of the processes that are in a process group, on Linux."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = file.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _flood(flood: dict[str, Any]) -> str:
    run, before, most = flood["load"], flood["bytes_before"], flood["bytes_most"]
    statuses = ", ".join(f"{count:,} times {status}" for status, count in sorted(run["statuses"].items()))
    able, offered = flood["able"], flood["offered"]
    return (
        f"Overload: pictures of {BIG:,} x {BIG:,} pixels, of which the service fits {able:.0f} a second, sent"
        f" at {offered:.0f} a second ({offered / able:.1f} times as many) for"
        f" {run['seconds']:.0f} s: {statuses}; connections that failed: {run['broken']}. Memory"
        f" {before / 1e6:.0f} MB before, {most / 1e6:.0f} MB at the most ({most / before - 1:+.0%})."
    )


def main(arguments: list[str] | None = None) -> int:
    """Parse, measure, write; the exit code."""
    options = _parser().parse_args(arguments)
    return deliver(
        options, SECTION, lambda: measure(options.seconds, options.rounds, options.overload, options.only)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving",
        description="The service beside others; see docs/benchmarks.md.",
        epilog="example: python -m benchmarks.serving --seconds 3 --rounds 1 --overload 10",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--seconds", type=positive(float), default=6.0, help="of a measurement")
    add("--rounds", type=positive(int), default=3, help="of everyone's turns; one more warms up")
    add("--overload", type=float, default=60.0, help="seconds of it; 0 leaves it out")
    add("--only", metavar="WORD", action="append", default=[], help="only others whose name contains it")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
