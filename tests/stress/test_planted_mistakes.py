"""The tests of the native core and of foldings are tested themselves: they catch every planted mistake."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stress.mistakes import CORE, PYTHON
from tests.stress.planted_mistakes import ROOT, planted


def test_every_mistake_can_be_planted() -> None:
    """Its text stands once in its file; `make stress` takes hours to say so."""
    for mistakes, sources in ((CORE, ROOT / "native"), (PYTHON, ROOT / "src" / "gossamer")):
        for mistake in mistakes:
            assert planted((sources / mistake.file).read_text(), mistake)


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
