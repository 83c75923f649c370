"""What only reads a study writes nothing, and works where nothing can be written."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.errors import StudyFolderError
from gossamer.report import verify_study, write_report
from gossamer.study import Study, StudyFolder, evaluate_model, plan_study, run_study, study_status

READ_ONLY = "mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec {1}"


@pytest.fixture
def folder(study: Study, tmp_path: Path) -> StudyFolder:
    """A finished study, without the lock's file, as a copy or an archive has it."""
    made = StudyFolder(tmp_path / "study")
    run_study(plan_study(study), made)
    write_report(made)
    made.lock.unlink()
    return made


def state(folder: StudyFolder) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.path.iterdir()}


READERS: dict[str, Callable[[StudyFolder, str], Any]] = {
    "verify": lambda folder, _: verify_study(folder),
    "status": lambda folder, _: study_status(folder),
    "evaluate": lambda folder, data: evaluate_model(folder.path, data, split="train"),
}


@pytest.mark.parametrize("reader", READERS)
def test_it_writes_nothing(reader: str, folder: StudyFolder, idx_folder: Path) -> None:
    before = state(folder)
    READERS[reader](folder, str(idx_folder))
    assert state(folder) == before


def has_mounts() -> bool:
    if os.name != "posix" or os.geteuid() != 0:
        return False
    words = ["unshare", "-m", "sh", "-c", "mount --bind /tmp /tmp"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def on_a_read_only_mount(folder: StudyFolder, *words: str) -> "subprocess.CompletedProcess[str]":
    gossamer = f"{sys.executable} -c 'from gossamer.cli import main; main()' {' '.join(words)}"
    script = READ_ONLY.format(folder.path, gossamer)
    return subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not has_mounts(), reason="nothing can be mounted here")
def test_it_works_on_a_read_only_mount(folder: StudyFolder, idx_folder: Path, tmp_path: Path) -> None:
    path = str(folder.path)
    for words in (
        ["verify", path],
        ["status", path],
        ["evaluate", path, str(idx_folder)],  # the study's own opening is on record already
        ["evaluate", path, str(idx_folder), "--split", "train"],
        ["export", path, "--to", "torch", "--out", str(tmp_path / "out")],
        ["compare", path, path, "--out", str(tmp_path / "page.html")],
    ):
        ran = on_a_read_only_mount(folder, *words)
        assert ran.returncode == 0, (words, ran.stderr)
    refused = on_a_read_only_mount(folder, "export", path, "--to", "torch")
    assert refused.returncode == 1
    assert "cannot be written (Read-only file system); try another --out" in refused.stderr


def test_a_look_that_cannot_be_recorded_does_not_happen(
    folder: StudyFolder, idx_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StudyFolder, "is_writable", False)
    known = evaluate_model(folder.path, str(idx_folder))
    assert known.openings == 1
    images = idx_folder / "t10k-images-idx3-ubyte.gz"
    images.write_bytes((idx_folder / "train-images-idx3-ubyte.gz").read_bytes())
    (idx_folder / "t10k-labels-idx1-ubyte.gz").write_bytes(
        (idx_folder / "train-labels-idx1-ubyte.gz").read_bytes()
    )
    with pytest.raises(StudyFolderError, match="cannot be recorded; they stay sealed"):
        evaluate_model(folder.path, str(idx_folder))
