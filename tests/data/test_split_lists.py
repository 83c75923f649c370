"""train.csv and test.csv: a tool that reads them has the very images that gossamer trains and tests on."""

import csv
import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import Dataset, open_source, write_split
from gossamer.errors import DataError
from tests.data.hostile.pictures import good_folder, save

Rows = list[dict[str, str]]
Pixels = Callable[[dict[str, str]], NDArray[np.generic]]


def rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(listed: Rows, pixels: Pixels) -> list[bytes]:
    """What another tool makes of a list: the images' digests, sorted."""
    return sorted(blake2b(np.ascontiguousarray(pixels(row)).data, digest_size=16).digest() for row in listed)


def check_sides(dataset: Dataset, lists: tuple[Path, Path], pixels: Pixels) -> tuple[Rows, Rows]:
    """See that the lists name each side's images with their labels, and return their rows."""
    train, test = (rows(path) for path in lists)
    assert digests(train, pixels) == sorted(each.tobytes() for each in dataset.train.digests)
    assert digests(test, pixels) == [each.tobytes() for each in dataset.test.digests]
    for listed, images in ((train, dataset.train), (test, dataset.test.unseal())):
        for name in dataset.train.classes:
            of_class = [row for row in listed if row["label"] == name]
            kept = images.digests[images.labels == images.classes.index(name)]
            assert digests(of_class, pixels) == sorted(each.tobytes() for each in kept)
    return train, test


@pytest.mark.parametrize("parts", [("",), ("train", "val"), ("train", "val", "test")])
def test_another_tool_has_the_same_pictures(tmp_path: Path, parts: tuple[str, ...]) -> None:
    folder = good_folder(tmp_path / "pets", parts)
    dataset = open_source(str(folder))
    train, test = check_sides(
        dataset,
        write_split(dataset, tmp_path / "lists"),
        lambda row: np.asarray(Image.open(tmp_path / row["path"])),
    )
    for listed in (train, test):
        assert list(listed[0]) == ["path", "label"]
        paths = [row["path"] for row in listed]
        assert paths == sorted(paths)


def test_paths_are_the_same_from_wherever_the_source_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = good_folder(tmp_path / "pets")
    found = set()
    for number, (home, source) in enumerate(
        [(tmp_path, "pets"), (folder, "."), (folder / "cat", ".."), (tmp_path, f"{folder}/")]
    ):
        monkeypatch.chdir(home)
        lists = write_split(open_source(source), tmp_path / f"lists{number}")
        found.add(tuple(path.read_bytes() for path in lists))
    assert len(found) == 1


@pytest.mark.parametrize("parts", [("",), ("train", "test"), ("train", "val", "test"), ("train", "val")])
def test_another_tool_has_the_same_rows_of_arrays(tmp_path: Path, parts: tuple[str, ...]) -> None:
    random = np.random.default_rng(0)
    arrays: dict[str, NDArray[np.generic]] = {}
    for part in parts:
        name = f"{part}_" if part else ""
        arrays[f"{name}images"] = random.integers(0, 256, (30, 4, 5), dtype=np.uint8)
        arrays[f"{name}labels"] = random.integers(0, 3, 30)
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    dataset = open_source(str(tmp_path / "a.npz"))
    train, test = check_sides(
        dataset,
        write_split(dataset, tmp_path / "lists"),
        lambda row: arrays[row.get("part", "images")][int(row["row"])],
    )
    assert list(test[0]) == [*(["part"] if parts != ("",) else []), "row", "label"]
    for listed in (train, test):
        places = [(row.get("part", ""), int(row["row"])) for row in listed]
        assert places == sorted(places)


def test_rows_of_idx_files_are_each_files_own(idx_folder: Path, tmp_path: Path) -> None:
    train, test = (rows(path) for path in write_split(open_source(str(idx_folder)), tmp_path / "lists"))
    assert train == [{"row": str(row), "label": str(row % 3)} for row in range(12)]
    assert test == [{"row": str(row), "label": str(row % 3)} for row in range(6)]


def test_paths_of_a_table_are_the_tables(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = ["image,class"]
    for number in range(12):
        name = f"p, {number}.png"
        save(tmp_path / name, random.integers(0, 256, (4, 4), dtype=np.uint8))
        lines.append(f'"{name}","{"cat, tame" if number % 2 else "dog"}"')
    (tmp_path / "pets.csv").write_text("\n".join(lines))
    dataset = open_source(str(tmp_path / "pets.csv"))
    lists = write_split(dataset, tmp_path / "lists")
    check_sides(dataset, lists, lambda row: np.asarray(Image.open(tmp_path / row["path"])))


def test_lists_in_the_source_s_folder_are_ignored(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    before = open_source(str(folder))
    for place in (folder / "lists", folder):
        written = [path.read_bytes() for path in write_split(before, place)]
        after = open_source(str(folder))
        assert (after.train.fingerprint, after.test.fingerprint) == (
            before.train.fingerprint,
            before.test.fingerprint,
        )
        assert [path.read_bytes() for path in write_split(after, place)] == written


def test_another_split_is_not_overwritten(tmp_path: Path) -> None:
    one, other = (open_source(str(good_folder(tmp_path / name))) for name in ("pets", "birds"))
    lists = write_split(one, tmp_path / "lists")
    before = [path.read_bytes() for path in lists]
    with pytest.raises(DataError, match=r"train\.csv: holds something else than this split; name another"):
        write_split(other, tmp_path / "lists")
    lists[0].unlink()
    with pytest.raises(DataError, match=r"test\.csv: holds something else"):
        write_split(other, tmp_path / "lists")
    assert not lists[0].exists()
    write_split(one, tmp_path / "lists")  # what is missing is written again
    assert [path.read_bytes() for path in lists] == before


def test_the_lists_are_both_written_or_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = open_source(str(good_folder(tmp_path / "pets")))
    replace, calls = Path.replace, []

    def fail_second(path: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_second)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\); name another"):
        write_split(dataset, tmp_path / "lists")
    assert list((tmp_path / "lists").iterdir()) == []


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    dataset = open_source(str(good_folder(tmp_path / "pets")))
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError, match="cannot be written"):
            write_split(dataset, folder)


def test_a_name_that_is_not_text_cannot_be_listed(tmp_path: Path) -> None:
    folder = good_folder(tmp_path / "pets")
    picture = folder / "cat" / "0.png"
    try:
        picture.rename(folder / "cat" / os.fsdecode(b"caf\xe9.png"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    with pytest.raises(DataError, match=r"the file name pets/cat/caf\\udce9\.png is not UTF-8"):
        write_split(open_source(str(folder)), tmp_path / "lists")
    assert not (tmp_path / "lists").exists()
