"""What only reads a study writes nothing there, and works where nothing can be written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.search import Journal

Gossamer = Callable[..., Any]


@pytest.fixture
def finished(gossamer: Gossamer, tiny_study: Path) -> Path:
    assert gossamer("run", str(tiny_study), "--workers", "1", "--out", "done").code == 0
    return Path("done")


def readers(folder: str, images: Path, study: Path) -> list[list[str]]:
    """Every command that only reads a study folder."""
    model = f"{folder}/model.safetensors"
    return [
        ["verify", folder],
        ["status", folder],
        ["compare", folder, folder, "--out", "page.html"],
        ["run", str(study), "--out", folder, "--dry-run"],
        ["evaluate", model, str(images), "--split", "train"],
        ["evaluate", model, str(images)],  # its access is on record already
        ["export", model, "--to", "html", "--out", "elsewhere"],
    ]


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """When the folder and each of its files were last changed, and how long they are."""
    paths = [folder, *folder.iterdir()]
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


@pytest.mark.parametrize("lock", ["kept", "removed"])
def test_what_reads_leaves_the_folder_as_it_is(
    gossamer: Gossamer, finished: Path, idx_folder: Path, tiny_study: Path, lock: str
) -> None:
    if lock == "removed":  # a copy of a study may lack hidden files
        (finished / ".lock").unlink()
    before = state(finished)
    for words in readers(str(finished), idx_folder, tiny_study)[: 4 if lock == "removed" else None]:
        ran = gossamer(*words)
        assert ran.code == 0, (words, ran.err)
        assert state(finished) == before, words


def test_a_half_done_change_is_read_around_and_left_to_a_writer(gossamer: Gossamer, finished: Path) -> None:
    """A process killed amid a change left SQLite's rollback journal, which a writer applies."""
    killed = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA cache_size = 1'); db.execute('BEGIN IMMEDIATE');"
        "db.execute('UPDATE fits SET label = hex(zeroblob(5000))'); db.execute('DELETE FROM openings');"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", killed, str(finished / "journal.db")], check=True)
    assert (finished / "journal.db-journal").stat().st_size
    before = state(finished)
    assert gossamer("verify", str(finished)).code == 0
    assert "test set   1 access\n" in gossamer("status", str(finished)).out
    assert state(finished) == before
    with Journal(finished / "journal.db") as journal:
        assert len(journal.accesses()) == 1
    assert not (finished / "journal.db-journal").exists()


def mounts_can_be_made() -> bool:
    if shutil.which("unshare") is None or os.name != "posix":
        return False
    return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not mounts_can_be_made(), reason="no mount can be made here (unshare -rm)")
def test_what_reads_works_on_a_read_only_mount(finished: Path, idx_folder: Path, tiny_study: Path) -> None:
    everything = readers("done", idx_folder, tiny_study)
    script = (
        "import sys\nfrom gossamer.cli import main\n"
        f"for words in {everything!r}:\n"
        "    sys.argv = ['gossamer', *words]\n"
        "    try:\n        main()\n"
        "    except SystemExit as ended:\n        assert not ended.code, words\n"
    )
    mount = "mount --bind done done && mount -o remount,ro,bind done && ! touch done/x && "
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount}exec "$0" -c "$1"', sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif(not mounts_can_be_made(), reason="no mount can be made here (unshare -rm)")
def test_a_first_look_at_test_images_is_refused_where_it_cannot_be_recorded(
    finished: Path, idx_folder: Path
) -> None:
    with Journal(finished / "journal.db") as journal:
        journal._db.execute("DELETE FROM openings")
    mount = "mount --bind done done && mount -o remount,ro,bind done && "
    script = "import sys; from gossamer.cli import main; main()"
    command = f'{mount}exec "$0" -c "$1" evaluate done/model.safetensors "$2"'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, sys.executable, script, str(idx_folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith("error: ")
    assert "cannot be recorded; they stay sealed" in " ".join(ran.stderr.split())
