"""A lock between processes on a file; the system releases it when its holder dies."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import monotonic, sleep

from gossamer.file_systems import lock_file

_POLL_SECONDS = 0.05


@contextmanager
def locked_file(path: Path, *, seconds: float = inf, shared: bool = False) -> Iterator[None]:
    """Hold the lock of the file `path` during the block, after waiting at most `seconds`.

    If the file system has no locks, the block runs without. The file stays: others may wait for it.

    Args:
        path: an empty file; created if it does not exist. A shared lock does not create it: without a
            readable file there is no holder to wait for.
        seconds: how long to wait.
        shared: for readers; several may hold the lock at once.

    Raises:
        TimeoutError: another process holds it.
        OSError: the file cannot be opened.
    """
    if shared and not os.access(path, os.R_OK):
        yield
        return
    with path.open("rb" if shared else "ab") as file:
        ends = monotonic() + seconds
        while True:
            try:
                lock_file(file.fileno(), path.parent, shared=shared)
                break
            except BlockingIOError:
                if monotonic() >= ends:
                    raise TimeoutError(f"{path}: held by another process") from None
                sleep(_POLL_SECONDS)
        yield
