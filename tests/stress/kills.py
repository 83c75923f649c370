"""Kills `gossamer run` at random instants, runs it again until it ends, and sees that nothing shows it.

    python tests/stress/kills.py [--kills 200] [--seed 0] [--engine native] [--study plain]

Whenever a study has ended, its results.json, model.safetensors and search.csv must hold the bytes of an
uninterrupted run, the journal one row a fit and one access, and no row that was there at a kill may have
been made anew: the work redone is that in flight alone. Then the next study is begun, until so many kills
have struck.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

STABLE = ("results.json", "model.safetensors", "search.csv", "history.csv")
PLAIN = """
[data]
source = "{source}"
[network]
layers = "conv4 pool dense"
[training]
learning_rate = [0.01, 0.003]
batch_size = [16, 32]
epochs = 60
[search]
folds = 3
[final]
max_epochs = 40
patience = 40
[run]
engine = "{engine}"
"""
RECIPE = """
[data]
source = "{source}"
[network]
layers = "bn conv4 pool sep8 gap dense"
[training]
learning_rate = [0.02, 0.01]
batch_size = 32
epochs = 40
optimizer = "adamw"
weight_decay = 0.01
schedule = "one-cycle"
label_smoothing = 0.1
class_weights = "balanced"
ema = 0.95
flip = "alternating"
shift = 1
[teacher]
layers = "bn conv8 pool conv8 gap dense"
learning_rate = 0.01
epochs = 30
schedule = "cosine"
rotate = 10
labels = 0.1
[search]
folds = 3
[final]
validation = 0
max_epochs = 0
patience = 0
[run]
engine = "{engine}"
"""
STUDIES = {"plain": (PLAIN, 2 * 2 * 3 + 1), "recipe": (RECIPE, 3 + 2 * 3 + 2)}
"""By name, a study, and how many fits it has in all."""
RISING = 0.3
"""The share of a one-cycle schedule in which its rate rises."""


@dataclass
class Tally:
    """What came of it."""

    kills: int = 0
    studies: int = 0
    struck: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{times} {place}" for place, times in self.struck.most_common())


def write_digits(folder: Path, images: int) -> None:
    """Scikit-learn's digits, as the four IDX files; a quarter of them for the test."""
    folder.mkdir()
    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels[:images] * 15).astype(np.uint8).reshape(-1, 8, 8)
    parts = {"train": slice(images // 4, None), "t10k": slice(0, images // 4)}
    for part, rows in parts.items():
        for kind, array in (("images-idx3", pixels[rows]), ("labels-idx1", labels[:images][rows])):
            sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
            header = bytes([0, 0, 8, array.ndim]) + sizes
            (folder / f"{part}-{kind}-ubyte").write_bytes(header + array.astype(np.uint8).tobytes())


def start(study: Path, out: Path, options: list[str]) -> "subprocess.Popen[str]":
    command = [
        sys.executable,
        "-c",
        "from gossamer.cli import main; main()",
        "run",
        str(study),
        "--out",
        str(out),
    ]
    return subprocess.Popen(
        [*command, "--workers", "2", *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> None:
    _, errors = process.communicate()
    if process.returncode != 0:
        raise AssertionError(f"exit code {process.returncode}: {errors}")


def rows(journal: Path) -> dict[str, str]:
    """The key and hash of each finished fit; a hash covers the seconds, so work redone has another."""
    if not journal.exists():
        return {}
    with sqlite3.connect(journal) as database:  # which rolls back what the kill left half done
        found = dict(database.execute("SELECT key, hash FROM fits").fetchall())
    database.close()
    return found


def stage(journal: Path) -> str:
    """How far a study is, for the tally."""
    if not journal.exists():
        return "before the journal"
    with sqlite3.connect(journal) as database:
        done = database.execute("SELECT count(*) FROM fits").fetchone()[0]
        begun = database.execute("SELECT label, record, history FROM checkpoints").fetchall()
        opened = database.execute("SELECT count(*) FROM openings").fetchone()[0]
    database.close()
    if opened:
        return "after the access"
    for label, record, history in begun:
        recipe = json.loads(record)["recipe"]
        if "teacher" in label:
            return "in the final teacher"
        rising = (
            recipe.get("schedule") == "one-cycle" and len(json.loads(history)) < RISING * recipe["max_epochs"]
        )
        return "in the final fit, the rate rising" if rising else "in the final fit"
    return "before the first fit" if not done else "in the search"


def check(out: Path, straight: dict[str, bytes], fits: int) -> None:
    for name, expected in straight.items():
        if (out / name).read_bytes() != expected:
            raise AssertionError(f"{name} differs from an uninterrupted run's")
    with sqlite3.connect(out / "journal.db") as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("fits", "checkpoints", "openings")
        ]
    database.close()
    if counts != [fits, 0, 1]:
        raise AssertionError(f"the journal holds {counts} fits, checkpoints and accesses, not {[fits, 0, 1]}")
    left = [path.name for path in out.iterdir() if path.name.startswith(".") and path.name != ".lock"]
    if left:
        raise AssertionError(f"left behind: {left}")


def strike(kills: int, seed: int, engine: str, name: str, options: list[str]) -> Tally:
    """Kill until so many kills have struck a running study."""
    text, fits = STUDIES[name]
    chance, tally = random.Random(seed), Tally()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        write_digits(root / "digits", 800)
        study = root / "study.toml"
        study.write_text(text.format(source=root / "digits", engine=engine))
        finish(start(study, root / "warm-up", options))
        began = time.monotonic()
        finish(start(study, root / "straight", options))
        duration = time.monotonic() - began
        straight = {name: (root / "straight" / name).read_bytes() for name in STABLE}
        while tally.kills < kills:
            out = root / f"study{tally.studies}"
            while True:
                before = rows(out / "journal.db")
                process = start(study, out, options)
                try:
                    process.wait(chance.uniform(0, duration))
                except subprocess.TimeoutExpired:
                    os.kill(process.pid, signal.SIGKILL)
                    process.communicate()
                    tally.kills += 1
                    tally.struck[stage(out / "journal.db")] += 1
                else:
                    finish(process)
                after = rows(out / "journal.db")
                if {key: after.get(key) for key in before} != before:
                    raise AssertionError("a fit that was in the journal has been made anew")
                if process.returncode == 0:
                    break
                if tally.kills >= kills:
                    finish(start(study, out, options))
                    break
            check(out, straight, fits)
            tally.studies += 1
    return tally


def main() -> None:
    """Kill so often, and print what was struck."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", default="native")
    parser.add_argument("--study", choices=list(STUDIES), default="plain")
    chosen = parser.parse_args()
    tally = strike(chosen.kills, chosen.seed, chosen.engine, chosen.study, [])
    print(f"{tally.kills} kills in {tally.studies} studies ({tally}): every study ended with the same bytes")


if __name__ == "__main__":
    main()
