"""A study that is killed, or whose disk fails, ends with the same bytes: a sample, and all under stress."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

needs_compiler = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("cc"), reason="needs Linux and a C compiler"
)


def run(script: str, *options: str) -> None:
    """Run a script of this folder, whose last line says what came of it."""
    path = Path(__file__).with_name(script)
    done = subprocess.run([sys.executable, path, *options], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stderr
    assert "the same bytes" in done.stdout


@pytest.mark.parametrize(("study", "kills"), [("plain", 3), ("recipe", 1)])
def test_a_few_kills_leave_no_trace(study: str, kills: int) -> None:
    run("kills.py", "--kills", str(kills), "--study", study)


@needs_compiler
def test_failing_writes_lose_nothing() -> None:
    run("failing_writes.py", "--every", "97")


@pytest.mark.stress
@pytest.mark.parametrize("study", ["plain", "recipe"])
@pytest.mark.parametrize("engine", ["native", "torch"])
def test_kills_leave_no_trace(engine: str, study: str) -> None:
    kills = "200" if engine == "native" else "20"
    run("kills.py", "--kills", kills, "--seed", "1", "--engine", engine, "--study", study)


@pytest.mark.stress
@needs_compiler
def test_every_failing_write_loses_nothing() -> None:
    run("failing_writes.py")
