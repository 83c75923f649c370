"""Writing files whole or not at all, and the one canonical form of JSON."""

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
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    return encodable(
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    )


def pretty_json(value: Any) -> str:
    """`value` as indented JSON with sorted keys and a final newline, for files that people read."""
    return encodable(json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def encodable(text: str) -> str:
    r"""`text` as UTF-8 can hold it: a lone surrogate, as of a name that is no UTF-8, is `\udce9` then.

    It is JSON's own escape, so that JSON gives back the same name.
    """
    return text.encode(errors="backslashreplace").decode()


def without_nan(value: Any) -> Any:
    """`value`, of dicts and lists, with null for every NaN."""
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return None if isinstance(value, float) and isnan(value) else value


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that takes `path`'s place when the block ends well, and vanishes when it does not.

    The bytes are on the disk before the name is, on a file system that offers it: after a power cut `path`
    holds the old bytes or the new.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    temporary = path.parent / f".{path.name}.{token_hex(4)}"
    try:
        with temporary.open("xb") as handle:  # with the permissions of any new file
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
        error.filename, error.filename2 = str(path), None  # not the temporary name, or none at all
        raise


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, whole or not at all."""
    with atomic_writer(path) as handle:
        handle.write(encodable(content).encode() if isinstance(content, str) else content)


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their names below `folder`: all of them, or none where one cannot be written."""
    with ExitStack() as stack:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(atomic_writer(folder / name)).write(content)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `atomic_writer` of `path` left; only where nobody else writes it now."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        leftover.unlink()
