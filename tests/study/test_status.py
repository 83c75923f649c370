"""The status of a study: what its journal says, read while another process writes it; nothing changes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gossamer.errors import StudyFolderError
from gossamer.study import Study, StudyFolder, plan_study, run_study, study_status, to_toml
from gossamer.study import events as told
from gossamer.study.events import Event


def test_it_follows_a_study_to_its_end(study: Study, tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "a")
    counts, finals = [], []

    def look(event: Event) -> None:
        if isinstance(event, told.FitDone | told.FinalEpoch | told.ModelTested):
            status = study_status(folder)
            assert status.running
            assert not status.finished
            assert sum(cell.done for cell in status.cells) == status.done
            counts.append(status.done)
            finals.append(status.final.epochs if status.final else 0)

    run_study(plan_study(study), folder, observer=look)
    status = study_status(folder)
    assert (status.running, status.finished, status.fits, status.done, status.begun) == (False, True, 8, 8, 0)
    assert counts[:8] == list(range(1, 9))
    assert finals[:9] == [0] * 8 + [1]
    assert status.final is not None
    assert status.final.finished
    assert status.accesses == 1
    rest = {"layers": "conv2 pool dense", "epochs": 2}
    assert [(cell.setting, cell.done) for cell in status.cells] == [
        ({"learning_rate": rate, "batch_size": size} | rest, 2) for rate in (0.1, 0.01) for size in (2, 4)
    ]


def test_it_disturbs_no_run(study: Study, tmp_path: Path) -> None:
    """Asked as fast as can be from other processes, a run ends with the bytes of one that was left alone."""
    run_study(plan_study(study), StudyFolder(tmp_path / "alone"))
    folder, file = StudyFolder(tmp_path / "watched"), tmp_path / "study.toml"
    file.write_text(to_toml(study))
    gossamer = [sys.executable, "-c", "from gossamer.cli import main; main()"]
    with subprocess.Popen(
        [*gossamer, "run", str(file), "--out", str(folder.path)], stderr=subprocess.PIPE
    ) as run:
        seen = 0
        while run.poll() is None:
            if folder.journal.exists():
                try:
                    seen += study_status(folder).running
                except StudyFolderError as error:
                    assert "holds no study yet" in str(error)  # noqa: PT017 - its first moment
            time.sleep(0.001)
    assert run.returncode == 0
    assert seen
    assert folder.results.read_bytes() == StudyFolder(tmp_path / "alone").results.read_bytes()


def test_a_second_run_is_refused_while_the_first_lives_and_not_after(study: Study, tmp_path: Path) -> None:
    plan, folder = plan_study(study), StudyFolder(tmp_path / "a")
    lines: list[str] = []

    def run_again(event: Event) -> None:
        if isinstance(event, told.CellSelected):
            with pytest.raises(StudyFolderError) as caught:
                run_study(plan, folder)
            lines.append(str(caught.value))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_study(plan, folder, observer=run_again)
    assert lines == [
        f"{folder.path}: another `gossamer run` is at work in this folder; watch it with"
        f" `gossamer status {folder.path}`, or name another folder with --out"
    ]
    assert run_study(plan, folder).test.accesses == 1


def test_no_study_no_status(tmp_path: Path) -> None:
    with pytest.raises(StudyFolderError, match=r"no study there, for it has no journal\.db"):
        study_status(StudyFolder(tmp_path))
