"""Writes files completely or not at all, and JSON in one canonical form."""

import glob
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EISDIR
from math import isnan
from os import strerror
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from gossamer.file_systems import sync_file, sync_folder


def canonical_json(value: Any) -> str:
    """`value` as JSON on one line with sorted keys: equal values give equal text.

    Raises:
        ValueError: a number is NaN or infinite, which JSON does not have.
    """
    return encodable(
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    )


def pretty_json(value: Any) -> str:
    """`value` as indented JSON with sorted keys and a final newline, for files that people read."""
    return encodable(json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def encodable(text: str) -> str:
    r"""`text` in valid UTF-8: a lone surrogate, from a file name that is not UTF-8, becomes `\udce9`.

    This is JSON's own escape, so that reading JSON yields the same name.
    """
    return text.encode(errors="backslashreplace").decode()


def without_nan(value: Any) -> Any:
    """`value` (dicts and lists) with None for every NaN."""
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and isnan(value) else value


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` when the block succeeds, and is deleted when it fails.

    The bytes are synced before the name (if the file system can): after a power failure `path` holds the old
    bytes or the new ones.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    with _blaming(path):
        temporary = _temporary_of(path)
        try:
            with _synced(temporary) as handle:
                yield handle
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, completely or not at all."""
    with atomic_writer(path) as handle:
        handle.write(encodable(content).encode() if isinstance(content, str) else content)


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, given by their names below `folder`: all of them, or none if one cannot be written.

    All are complete on the disk before the first takes its name. Only a kill between the renames leaves old
    files beside new ones.

    Raises:
        OSError: one cannot be written; `filename` is its path.
    """
    paths = {folder / name: content for name, content in files.items()}
    temporaries = {path: _temporary_of(path) for path in paths}
    try:
        for path, content in paths.items():
            with _blaming(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    raise IsADirectoryError(EISDIR, strerror(EISDIR))
                with _synced(temporaries[path]) as handle:
                    handle.write(content)
        for path, temporary in temporaries.items():
            with _blaming(path):
                temporary.replace(path)
                sync_folder(path.parent)
    finally:
        for temporary in temporaries.values():
            with suppress(OSError):  # which would hide the reason
                temporary.unlink()


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `atomic_writer` of `path` left. No other process may be writing `path`."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        leftover.unlink()


def _temporary_of(path: Path) -> Path:
    return path.parent / f".{path.name}.{token_hex(4)}"


@contextmanager
def _synced(path: Path) -> Iterator[IO[bytes]]:
    """A new file, with the usual permissions, that is on the disk after the block."""
    with path.open("xb") as handle:
        yield handle
        handle.flush()
        sync_file(handle.fileno(), path.parent)


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Errors name `path` instead of its temporary file."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        del error.filename2  # which None would leave as "-> None" in the text
        raise
