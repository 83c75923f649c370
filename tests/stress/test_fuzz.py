"""A million hostile inputs for every reader of files."""

import subprocess
import sys
from pathlib import Path

import pytest

FORMS = ("IDX", "npz", "CSV", "pixel CSV", "Parquet", "pictures")


@pytest.mark.stress
@pytest.mark.parametrize("form", FORMS)
def test_no_input_of_a_million_breaks_a_reader(form: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.stress.fuzz_readers", "--form", form, "--inputs", "1000000"]
    command += ["--kept", str(tmp_path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, errors="replace"
    )
    last = done.stderr.splitlines()[-12:]
    assert done.returncode == 0, "\n".join(last)
    assert "Done 1000000 runs" in last[-1]
