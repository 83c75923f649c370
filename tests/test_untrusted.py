"""What may be hostile is read within limits, and refused in one line."""

import os
from io import BytesIO
from pathlib import Path

import pytest

from gossamer.errors import DataError
from gossamer.untrusted import file_bytes, is_of_format, one_line, read_at_most


def test_a_file_within_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert file_bytes(tmp_path / "a", 5, "a text") == b"12345"
    with pytest.raises(DataError, match="a: 5 bytes; expected a text of at most 4"):
        file_bytes(tmp_path / "a", 4, "a text")


def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(DataError, match="is not a regular file, expected a text"):
            file_bytes(path, 100, "a text")


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_bytes(tmp_path / "a", 5, "a text")


@pytest.mark.parametrize("length", [0, 3, 5, 1 << 40])
def test_no_more_is_read_than_asked_for_or_there(length: int) -> None:
    assert read_at_most(BytesIO(b"12345"), length) == b"12345"[:length]


def test_a_format_is_recognised_by_its_suffix_or_first_bytes(tmp_path: Path) -> None:
    for name, content, expected in (("a.NPZ", b"", True), ("b", b"PK34", True), ("c.txt", b"P", False)):
        (tmp_path / name).write_bytes(content)
        assert is_of_format(tmp_path / name, ".npz", b"PK") is expected
    assert not is_of_format(tmp_path, ".npz", b"PK")


@pytest.mark.parametrize(
    ("message", "line"),
    [("a\n  b", "a b"), ("", "ValueError"), ("\x1b[31m", "ValueError"), ("x" * 200, "x" * 100)],
)
def test_an_error_becomes_one_printable_line(message: str, line: str) -> None:
    assert one_line(ValueError(message)) == line
