"""What systems leave behind is passed over wherever a folder or an archive is read."""

import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from gossamer.data import Reading, open_source, read_named
from gossamer.data.litter import is_litter, lies_in_litter
from tests.data.hostile import FORMS
from tests.data.hostile.pictures import good_folder

FILES = (".DS_Store", "._0.png", "Thumbs.db", "ehthumbs.db", "desktop.ini", "Icon\r", "0.png@SynoEAStream")
FOLDERS = (
    "__MACOSX",
    "@eaDir",
    "#recycle",
    ".ipynb_checkpoints",
    "$RECYCLE.BIN",
    "System Volume Information",
)
OWN = ("0.png", "cat", "recycle", "icon", "@home", "#1", "my thumbs.db.png", "MACOSX")


def strew(folder: Path) -> None:
    """Litter in the folder and in every folder below it; the folders hold what looks like pictures."""
    for place in [folder, *(each for each in folder.rglob("*") if each.is_dir())]:
        for name in FILES:
            (place / name).write_bytes(b"\0\5\x16\7 of no use")
        for name in FOLDERS:
            (place / name / "cat").mkdir(parents=True)
            (place / name / "0.png").write_bytes(b"no picture")
            (place / name / "cat" / "._0.png").write_bytes(b"no picture")


@pytest.mark.parametrize("name", [*FILES, *FOLDERS, *(name.upper() for name in FOLDERS)])
def test_litter_is_known_by_name(name: str) -> None:
    assert is_litter(name)
    assert lies_in_litter(f"a/{name}/b.npy")


@pytest.mark.parametrize("name", OWN)
def test_the_users_own_files_are_not_litter(name: str) -> None:
    assert not is_litter(name)
    assert not lies_in_litter(f"../a/./{name}")


@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_among_pictures(tmp_path: Path, parts: tuple[str, ...]) -> None:
    folder = good_folder(tmp_path / "pets", parts)
    before = open_source(str(folder))
    strew(folder)
    after = open_source(str(folder))
    assert after.train.classes == ("cat", "dog")
    assert after.train.fingerprint == before.train.fingerprint
    assert after.notes == before.notes


@pytest.mark.parametrize("form", ["IDX", "Parquet"])
def test_among_the_files_of_other_folders(tmp_path: Path, form: str) -> None:
    found = FORMS[form].make_good(tmp_path)
    folder = found if found.is_dir() else found.parent
    before = open_source(str(folder))
    for path in list(folder.iterdir()):
        (folder / f"._{path.name}").write_bytes(b"no use")
        (folder / f"._other-{path.name}").write_bytes(b"no use")
    strew(folder)
    assert open_source(str(folder)).train.fingerprint == before.train.fingerprint


def test_in_an_archive_of_arrays(tmp_path: Path) -> None:
    path = FORMS["npz"].make_good(tmp_path)
    before = open_source(str(path))
    with ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/._x_train.npy", b"\0\5\x16\7")
        archive.writestr("._x_train.npy", b"\0\5\x16\7")
        archive.writestr(".DS_Store", b"x")
    assert open_source(str(path)).train.fingerprint == before.train.fingerprint


@pytest.mark.parametrize(
    "word", [lambda folder: folder, lambda folder: folder / "*", lambda folder: folder / "**/*.png"]
)
def test_among_pictures_to_predict(tmp_path: Path, word: Callable[[Path], Path]) -> None:
    folder = good_folder(tmp_path / "pets") / "cat"
    expected = sorted(str(path) for path in folder.iterdir())
    for name in FILES:
        (folder / name).write_bytes(b"no picture")
    (folder / "@eaDir").mkdir()
    shutil.copy(folder / "0.png", folder / "@eaDir" / "0.png")

    def named(asked: Path) -> list[str]:
        groups = read_named([str(asked)], lambda pixels, _: pixels, reading=Reading(), batch=99)
        return [each.name for group in groups for each in group if each.error is None]

    assert named(word(folder)) == expected
    assert named(folder / "@eaDir" / "*.png") == [str(folder / "@eaDir" / "0.png")]  # it was typed
