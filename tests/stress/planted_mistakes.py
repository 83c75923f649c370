"""Plants the mistakes of `mistakes.py` in a copy, one at a time, and sees that the tests catch every one.

    python -m tests.stress.planted_mistakes [WORD]    only the mistakes whose description holds WORD

Those in the native core need CMake and a C++20 compiler, and no Python package; those in Python need what
gossamer's tests need.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.stress.mistakes import CORE, PYTHON, Mistake

ROOT = Path(__file__).resolve().parents[2]
SHAPES = "300"  # random shapes of each operation: enough for all of these, and a run takes seconds
TIMEOUT = 120.0  # seconds; a mistake may make threads wait for ever


class PlantingError(Exception):
    """A mistake could not be planted or built, so that it says nothing."""


class Ground(Protocol):
    """A copy of sources, and the tests that run on it."""

    sources: Path

    def finding(self) -> str:
        """The first thing that the tests find wrong, or nothing."""


class Core:
    """The native core, with its tests that need no Python."""

    def __init__(self, folder: Path) -> None:
        self.sources, self._build = folder / "native", folder / "build"
        shutil.copytree(ROOT / "native", self.sources)
        tests = ROOT / "tests" / "native_core"
        # Compiling kernels takes the time, not running them: unoptimized, for one of the instruction sets.
        options = [f"GOSSAMER_NATIVE={self.sources}", "GOSSAMER_OPTIMIZATION=-O0"]
        if platform.machine() == "x86_64":
            options.append("GOSSAMER_INSTRUCTION_SETS=avx2")
        command = ["cmake", "-S", str(tests), "-B", str(self._build), *(f"-D{each}" for each in options)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def finding(self) -> str:
        """Build and run.

        Raises:
            PlantingError: what was planted does not compile.
        """
        command = ["cmake", "--build", str(self._build), "--parallel", str(min(2, os.cpu_count() or 1))]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            raise PlantingError(f"does not compile: {built.stdout}{built.stderr}")
        return first_finding([str(self._build / "kernel_tests"), SHAPES], "FAILED ")


class Package:
    """The Python package, with the tests of its foldings."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "gossamer"
        shutil.copytree(ROOT / "src" / "gossamer", self.sources)

    def finding(self) -> str:
        """Run."""
        tests = ROOT / "tests" / "network" / "test_fold.py"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            str(tests),
        ]
        return first_finding(command, "FAILED ", PYTHONPATH=str(self.sources.parent))


def first_finding(command: Sequence[str], mark: str, **environment: str) -> str:
    """Run tests; the first line of what they say that begins with `mark`, or how they ended, or nothing."""
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
            cwd=ROOT,
            env=os.environ | environment,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT:.0f} s"
    if run.returncode == 0:
        return ""
    failures = [line for line in run.stdout.splitlines() if line.startswith(mark)]
    return failures[0].removeprefix(mark) if failures else f"ended with {run.returncode}"


def planted(source: str, mistake: Mistake) -> str:
    """The source with the mistake in it.

    Raises:
        PlantingError: its text stands there not once.
    """
    found = source.count(mistake.old)
    if found != 1:
        raise PlantingError(
            f"{mistake.what}: {mistake.old!r} stands {found} times in {mistake.file}, expected once;"
            " the code has changed: plant the mistake anew"
        )
    return source.replace(mistake.old, mistake.new)


def missed(mistakes: Sequence[Mistake], ground: Ground) -> int:
    """Plant every one of `mistakes`; how many were not caught."""
    for mistake in mistakes:  # all of them before the first takes its time
        planted((ground.sources / mistake.file).read_text(), mistake)
    if complaint := ground.finding():
        raise PlantingError(f"the tests fail without any mistake: {complaint}")
    count = 0
    for mistake in mistakes:
        path = ground.sources / mistake.file
        source = path.read_text()
        path.write_text(planted(source, mistake))
        try:
            finding = ground.finding()
        except PlantingError as error:
            raise PlantingError(f"{mistake.what}: {error}") from error
        path.write_text(source)
        count += not finding
        sys.stdout.write(f"{'caught' if finding else 'MISSED':8}{mistake.what}  <- {finding}\n")
        sys.stdout.flush()
    return count


def main(word: str = "") -> int:
    """Plant the mistakes whose description holds `word`; how many were not caught."""
    started, total, count = time.monotonic(), 0, 0
    for mistakes, make in ((CORE, Core), (PYTHON, Package)):
        wanted = [mistake for mistake in mistakes if word in mistake.what]
        if wanted:
            with tempfile.TemporaryDirectory() as folder:
                count += missed(wanted, make(Path(folder)))
            total += len(wanted)
    if not total:
        raise PlantingError(f"no mistake is described by {word!r}")
    sys.stdout.write(f"{total - count} of {total} mistakes caught in {time.monotonic() - started:.0f} s\n")
    return count


if __name__ == "__main__":
    try:
        sys.exit(min(main(*sys.argv[1:]), 1))
    except PlantingError as error:
        sys.exit(str(error))
