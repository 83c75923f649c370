"""The tests of the native core and of foldings are tested themselves: they catch every planted mistake."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.stress
@pytest.mark.skipif(
    not shutil.which("cmake") or not shutil.which("c++"), reason="needs CMake and a C++ compiler"
)
def test_every_planted_mistake_is_caught() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.stress.planted_mistakes"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    sys.stdout.write(run.stdout)
    assert run.returncode == 0, run.stderr or run.stdout
