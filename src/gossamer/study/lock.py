"""One run at a time in a study folder; the system lifts the lock when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EPERM, EROFS

from filelock import FileLock, Timeout

from gossamer.errors import StudyFolderError
from gossamer.files import NOT_OFFERED, do_without
from gossamer.study.folder import StudyFolder

PATIENCE_SECONDS = 1.0
"""Longer than another process takes to see whether the lock is held."""

NOT_WRITABLE = {EROFS, EACCES, EPERM}


@contextmanager
def locked(folder: StudyFolder, *, to_read: bool = False) -> Iterator[None]:
    """Hold the folder, which is there, for the block.

    Args:
        folder: the study's.
        to_read: whether the block only reads: then nothing is written, not even the lock's file, and where
            the folder cannot be written there is no run of this machine's to wait for.

    Raises:
        StudyFolderError: another run holds it, or it cannot be written.
    """
    if to_read and not folder.lock.exists():  # the first thing that a run writes
        yield
        return
    lock = FileLock(folder.lock, timeout=PATIENCE_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise StudyFolderError(
            f"{folder.path}: another `gossamer run` is at work in this folder; watch it with"
            f" `gossamer status {folder.path}`, or name another folder with --out"
        ) from None
    except (OSError, NotImplementedError) as error:
        number = getattr(error, "errno", None)
        if isinstance(error, NotImplementedError) or number in NOT_OFFERED:
            do_without("locks: see to it yourself that one run at a time is at work in", folder.path)
        elif not (to_read and number in NOT_WRITABLE):
            raise StudyFolderError(
                f"{folder.path}: cannot be written ({getattr(error, 'strerror', None) or error}); make it"
                " writable, or work on a copy"
            ) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: StudyFolder) -> bool:
    """Whether a run is at work in the folder."""
    if not folder.lock.exists():
        return False
    try:
        with FileLock(folder.lock, timeout=0):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):  # this user cannot write it: no run of theirs, at least
        return False
