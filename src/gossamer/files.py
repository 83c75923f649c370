"""Writes files completely or not at all, and JSON in one canonical form."""

import glob
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from math import isnan
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
    temporary = path.parent / f".{path.name}.{token_hex(4)}"
    try:
        with temporary.open("xb") as handle:  # the usual permissions of new files
            try:
                yield handle
                handle.flush()
                sync_file(handle.fileno(), path.parent)
                handle.close()
                temporary.replace(path)
            except BaseException:
                with suppress(FileNotFoundError):
                    temporary.unlink()
                raise
        sync_folder(path.parent)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # instead of the temporary name
        raise


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, completely or not at all."""
    with atomic_writer(path) as handle:
        handle.write(encodable(content).encode() if isinstance(content, str) else content)


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, given by their names below `folder`: all of them, or none if one fails."""
    with ExitStack() as stack:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(atomic_writer(folder / name)).write(content)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `atomic_writer` of `path` left. No other process may be writing `path`."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        leftover.unlink()
