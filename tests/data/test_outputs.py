"""A study may lie in its data's folder: what gossamer wrote is no part of a source."""

from pathlib import Path

import pytest

from gossamer.data import open_source
from gossamer.errors import DataError
from tests.data.hostile.pictures import good_folder, save

WRITTEN = {
    "a study": ("runs/pets/study.toml", "runs/pets/journal.db", "runs/pets/.lock", "runs/pets/report.html"),
    "studies and a page": (
        "runs/a/study.toml",
        "runs/a/journal.db",
        "runs/b/study.toml",
        "runs/b/journal.db",
        "runs/compare.html",
    ),
    "a study that has just begun": ("runs/pets/journal.db", "runs/pets/.lock"),
    "a study with a picture of one's own": ("out/study.toml", "out/journal.db", "out/plot.png"),
    "an export": ("export/model.onnx", "export/model.onnx.json", "export/torch/parity.json"),
    "a C export": ("firmware/model.c", "firmware/model.h", "firmware/model.h.json"),
    "an export within a class": ("cat/export/model.onnx", "cat/export/model.onnx.json"),
    "lists": ("split/train.csv", "split/test.csv"),
}


@pytest.mark.parametrize("what", WRITTEN)
@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_gossamer_s_own_output_is_ignored(tmp_path: Path, what: str, parts: tuple[str, ...]) -> None:
    folder = good_folder(tmp_path / "pets", parts)
    before = open_source(str(folder))
    for part in parts:
        for name in WRITTEN[what]:
            (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / part / name).write_bytes(b"x")
    after = open_source(str(folder))
    assert after.train.classes == ("cat", "dog")
    assert after.train.fingerprint == before.train.fingerprint
    assert after.test.fingerprint == before.test.fingerprint


@pytest.mark.parametrize("name", ["x.csv", "runs/study.toml"])
def test_a_folder_with_pictures_is_a_class_whatever_else_it_holds(tmp_path: Path, name: str) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / "bird" / name).parent.mkdir(parents=True)
    save(folder / "bird" / "0.png", [[0] * 8] * 8)
    (folder / "bird" / name).write_bytes(b"x")
    with pytest.raises(DataError, match="bird"):
        open_source(str(folder))


@pytest.mark.parametrize("name", ["notes.txt", "photo.heic", "README.md"])
def test_a_class_without_pictures_is_not_ignored(tmp_path: Path, name: str) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / "bird").mkdir()
    (folder / "bird" / name).write_bytes(b"x")
    with pytest.raises(DataError, match="bird"):
        open_source(str(folder))
