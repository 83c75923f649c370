"""Files that are written whole or not at all, and JSON in one form."""

import errno
import json
import os
import stat
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.files import (
    atomic_writer,
    canonical_json,
    pretty_json,
    remove_leftovers,
    write_atomically,
    write_together,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=10,
)


@given(value=JSON)
def test_json_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(part)}
        return [turned(each) for each in part] if isinstance(part, list) else part

    for write in (canonical_json, pretty_json):
        assert write(turned(value)) == write(value)
        assert json.loads(write(value)) == value
    assert "\n" not in canonical_json(value)
    assert pretty_json(value).endswith("\n")


@pytest.mark.parametrize("number", [nan, inf, -inf])
@pytest.mark.parametrize("write", [canonical_json, pretty_json])
def test_json_refuses_nan(write: Any, number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write({"loss": [number]})


@pytest.mark.parametrize("old", [None, b"old"], ids=["nothing there", "a file there"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, old: bytes | None, error: type[BaseException]
) -> None:
    path = tmp_path / "results.json"
    if old is not None:
        path.write_bytes(old)

    def write() -> None:
        with atomic_writer(path) as file:
            file.write(b"half of the new")
            raise error

    with pytest.raises(error):
        write()
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == ([] if old is None else [old])


def test_the_old_file_stays_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_atomically(path, "old é")
    with atomic_writer(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text(encoding="utf-8") == "old é"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_permissions_are_those_of_any_new_file(tmp_path: Path, umask: int) -> None:
    path, plain = tmp_path / "atomic", tmp_path / "plain"
    before = os.umask(umask)
    try:
        write_atomically(path, b"")
        plain.touch()
        assert os.umask(umask) == umask  # asking for the mask must not change it
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_leftovers_of_a_killed_write_are_removed(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in ("a.csv", ".a.csv", ".b.csv.x1", "a.csv.x1")]
    for path in [*kept, tmp_path / ".a.csv.x1", tmp_path / ".a.csv.zz_9"]:
        path.touch()
    remove_leftovers(tmp_path / "a.csv")
    assert sorted(tmp_path.iterdir()) == sorted(kept)


@pytest.mark.parametrize("full_at", [1, 2])
def test_files_that_belong_together_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at: int
) -> None:
    write_together(tmp_path, {"a.c": b"old", "sub/a.h": b"old"})
    real, calls = os.fsync, list[int]()

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == full_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_together(tmp_path, {"a.c": b"new", "sub/a.h": b"new"})
    found = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a.c": b"old", "a.h": b"old"}


def test_a_folder_in_the_place_of_one_file_keeps_all(tmp_path: Path) -> None:
    (tmp_path / "a.h").mkdir()
    with pytest.raises(IsADirectoryError, match=r"a\.h"):
        write_together(tmp_path, {"b.c": b"new", "a.h": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.h"]


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "sub").touch()
    with pytest.raises(OSError, match=r"sub/a\.h'$"):
        write_together(tmp_path, {"b.c": b"new", "sub/a.h": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["sub"]
