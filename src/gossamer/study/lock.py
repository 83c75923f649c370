"""One run at a time in a study folder; the system lifts the lock when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from gossamer.errors import StudyFolderError
from gossamer.study.folder import StudyFolder

PATIENCE_SECONDS = 1.0
"""Longer than another process takes to see whether the lock is held."""


@contextmanager
def locked(folder: StudyFolder) -> Iterator[None]:
    """Hold the folder, which is there, for the block.

    Raises:
        StudyFolderError: another run holds it.
    """
    lock = FileLock(folder.lock, timeout=PATIENCE_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise StudyFolderError(
            f"{folder.path}: another `gossamer run` is at work in this folder; watch it with"
            f" `gossamer status {folder.path}`, or name another folder with --out"
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: StudyFolder) -> bool:
    """Whether a run is at work in the folder."""
    try:
        with FileLock(folder.lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # no folder, or one that this user cannot write: no run of theirs, at least
        return False
