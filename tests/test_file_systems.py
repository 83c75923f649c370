"""Studies can be written where files can: operations that a mount does not offer are skipped, and logged.

The mounts are made by a preloaded library, so that every way to a call is met, SQLite's among them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPILER = shutil.which("cc")
RUN = """
import sys
from pathlib import Path
from gossamer.study import StudyFolder, plan_study, read_study, run_study, study_status
plan, folder = plan_study(read_study(Path(sys.argv[1]))), StudyFolder(Path(sys.argv[2]))
run_study(plan, folder)
assert study_status(folder).finished
"""
MISSING = {
    "sync-folder": "no sync of folders (Invalid argument); continuing without",
    "sync-file": "no sync of files (Invalid argument); continuing without",
    "flock": "no locks (Operation not supported); continuing without",
    "range-locks": "no locks of parts of a file (Invalid argument); continuing without",
    "no-lock-server": "no locks of parts of a file (No locks available); continuing without",
    "chmod": "",
}

pytestmark = pytest.mark.skipif(
    COMPILER is None or sys.platform != "linux", reason="needs a C compiler and a preloaded library"
)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where calls fail that MISSING_CALLS names."""
    made = tmp_path_factory.mktemp("library") / "missing_calls.so"
    source = Path(__file__).with_name("missing_calls.c")
    assert COMPILER is not None
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture
def study_file(idx_folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(
        f'[data]\nsource = "{idx_folder}"\n[network]\nlayers = "conv2 dense"\n'
        "[training]\nlearning_rate = 0.01\nbatch_size = 4\nepochs = 1\n[search]\nfolds = 2\n"
        "[final]\nvalidation = 0.5\nmax_epochs = 1\n"
    )
    return path


def run(library: Path, missing: str, study_file: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"LD_PRELOAD": str(library), "MISSING_CALLS": missing}
    return subprocess.run(
        [sys.executable, "-c", RUN, str(study_file), str(out)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", MISSING)
def test_missing_operations_are_skipped_and_logged_once(
    library: Path, study_file: Path, tmp_path: Path, missing: str
) -> None:
    ran = run(library, missing, study_file, tmp_path / "out")
    assert ran.returncode == 0, ran.stderr
    said = [line for line in ran.stderr.splitlines() if "continuing without" in line]
    assert said == (
        [f"{tmp_path / 'out'}: the file system offers {MISSING[missing]}"] if MISSING[missing] else []
    )
    assert (tmp_path / "out" / "results.json").is_file()


def test_a_failing_disk_still_stops_the_study(library: Path, study_file: Path, tmp_path: Path) -> None:
    ran = run(library, "failing-disk", study_file, tmp_path / "out")
    assert ran.returncode == 1
    assert "Input/output error" in ran.stderr
