"""A source in words: known names, paths, and what is neither."""

from pathlib import Path

import pytest

from gossamer.data import fashion_mnist, fetch_source, open_source
from gossamer.data.idx_folder import read_idx_folder
from gossamer.errors import DataError


def test_a_path_is_a_folder_of_idx_files(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_idx_folder(idx_folder)
    monkeypatch.chdir(idx_folder.parent)
    monkeypatch.setenv("HOME", str(idx_folder.parent))
    for source in (str(idx_folder), "tiny", "tiny/", "./tiny", "tiny/../tiny", "~/tiny"):
        opened = open_source(source)
        assert opened.name == "tiny"
        assert opened.train.fingerprint == expected.train.fingerprint


def test_a_known_name_wins_over_a_folder_of_that_name(
    idx_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = idx_folder.rename(idx_folder.with_name("fashion-mnist"))
    known = read_idx_folder(folder, name="the known one")
    monkeypatch.setattr(fashion_mnist, "load", lambda _: known)
    monkeypatch.chdir(folder.parent)
    found = open_source("fashion-mnist")
    assert found.name == "the known one"
    assert found.notes[-1].startswith("fashion-mnist is the known data set; write ./fashion-mnist for what")
    assert open_source("./fashion-mnist").name == "fashion-mnist"


UNKNOWN = {
    "fashion_mnist": "'fashion_mnist': no known data set, and no such path either; did you mean 'fashion-mn",
    "Fashion-MNIST": "did you mean 'fashion-mnist'?",
    "./pictures": "no such path either; try fashion-mnist or digits, or a folder of IDX files",
    "": "'': no known data set",
    "a\nb": r"'a\nb': no known data set",
    "a\0b": r"'a\x00b': no known data set",
    "x" * 5000: "no path that can be looked up",
    "~nobody-of-this-name/data": "no path that can be looked up",
}


@pytest.mark.parametrize("source", UNKNOWN, ids=lambda source: repr(source[:20]))
def test_an_unknown_source_is_refused_with_advice(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        open_source(source)
    assert UNKNOWN[source] in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_pictures_that_are_in_no_class_are_asked_for_theirs(tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    with pytest.raises(DataError, match=r"flat: an empty folder; expected a folder of"):
        open_source(str(tmp_path / "flat"))
    (tmp_path / "flat" / "1.png").touch()
    with pytest.raises(DataError, match=r"flat: 1 picture, but no folders of classes; put .*flat/cat/1.png"):
        open_source(str(tmp_path / "flat"))


def test_a_file_is_refused_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images.bin").touch()
    with pytest.raises(DataError, match=r"images.bin: a file of no known form; expected a folder of"):
        open_source(str(tmp_path / "images.bin"))


def test_fetching_a_folder_says_where_it_is(idx_folder: Path) -> None:
    assert fetch_source(str(idx_folder)) == idx_folder
