"""Writing files whole or not at all, and the one canonical form of JSON."""

import errno
import glob
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import isnan
from pathlib import Path
from typing import IO, Any


def canonical_json(value: Any) -> str:
    """`value` as JSON on one line with sorted keys: equal values give equal text.

    Raises:
        ValueError: a number is NaN or infinite, which JSON cannot say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def pretty_json(value: Any) -> str:
    """`value` as indented JSON with sorted keys and a final newline, for files that people read."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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

    The bytes are on the disk before the name is: after a power cut `path` holds the old bytes or the new.
    What the file system does not offer for that is done without, once logged.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    try:
        handle = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
        try:
            with handle:
                yield handle
                handle.flush()
                _sync(handle.fileno(), path.parent)
            with _if_offered("rights of files: others may not be able to read those in", path.parent):
                Path(handle.name).chmod(0o666 & ~_umask())
            Path(handle.name).replace(path)
            _sync_folder(path.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(handle.name).unlink()
            raise
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # not the temporary name, or none at all
        raise


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, whole or not at all."""
    with atomic_writer(path) as handle:
        handle.write(content.encode() if isinstance(content, str) else content)


def remove_leftovers(path: Path) -> None:
    """Remove what a killed `atomic_writer` of `path` left; only where nobody else writes it now."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*"):
        leftover.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(handle: int, folder: Path) -> None:
    with _if_offered("fsync: after a power cut, files may be lost that were just written to", folder):
        os.fsync(handle)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # only POSIX systems can open a folder to sync it
    with _if_offered("fsync of folders: after a power cut, files may have their old content in", folder):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


NOT_OFFERED = {
    getattr(errno, name) for name in ("EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "ENOLCK", "ENOTTY")
}
"""What a file system answers to a call that it does not have."""
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EBADF}
"""What some answer instead; the file itself could be written, so that nothing is amiss."""
_TOLD = set[tuple[str, Path]]()


@contextmanager
def _if_offered(what: str, folder: Path) -> Iterator[None]:
    """Go on where the file system has no such call; what it has and fails in is an error."""
    try:
        yield
    except OSError as error:
        if error.errno not in NOT_OFFERED | _FORBIDDEN:
            raise
        do_without(what, folder)


def do_without(what: str, folder: Path) -> None:
    """Log, once per folder, that its file system does not offer something."""
    if (what, folder) not in _TOLD:
        _TOLD.add((what, folder))
        logging.getLogger(__name__).warning("this file system has no %s %s", what, folder)
