"""The tests of the native core are tested themselves: they catch every mistake that is planted in it."""

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
    script = Path(__file__).with_name("planted_mistakes.py")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    sys.stdout.write(run.stdout)
    assert run.returncode == 0, run.stderr or run.stdout
