"""Operations that not every file system offers. Missing ones are skipped, and logged once per folder.

Network shares, FUSE and container mounts may refuse them. Errors of the disk itself (EIO, ENOSPC) are raised.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY})
_NO_FOLDERS = frozenset({errno.EACCES, errno.EPERM, errno.EISDIR, errno.EBADF})
"""Errors of systems that cannot open folders, or cannot sync folders opened for reading."""
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EBADF})
"""Errors of NFS without a lock server, or for an exclusive lock of a file opened for reading."""

_log = logging.getLogger(__name__)
_logged: set[tuple[Path, str]] = set()


def sync_file(file: int, folder: Path) -> bool:
    """Sync the open file to the disk; False if the file system of `folder` does not offer it."""
    with _optional("sync of files", folder) as offered:
        _sync(file)
    return bool(offered)


def sync_folder(folder: Path) -> bool:
    """Sync the names in `folder` to the disk; False if its file system does not offer it."""
    with _optional("sync of folders", folder, _NO_FOLDERS) as offered:
        handle = os.open(folder, os.O_RDONLY)
        try:
            _sync(handle)
        finally:
            os.close(handle)
    return bool(offered)


def syncs_files(folder: Path) -> bool:
    """Whether files in the writable `folder` can be synced to the disk."""
    with TemporaryFile(dir=folder) as probe:
        return sync_file(probe.fileno(), folder)


def lock_file(file: int, folder: Path, *, shared: bool) -> bool:
    """Lock the open file, without waiting, until it is closed; False if there are no locks.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    with _optional("locks", folder, _NO_LOCKS) as offered:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    return bool(offered)


def locks_ranges(folder: Path) -> bool:
    """Whether parts of files in `folder` can be locked, as SQLite does; True if it is read-only."""
    try:
        probe = TemporaryFile(dir=folder)  # noqa: SIM115 - the block below closes it
    except OSError:
        return True
    with probe, _optional("locks of parts of a file", folder, _NO_LOCKS) as offered:
        fcntl.lockf(probe.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return bool(offered)


def _sync(file: int) -> None:
    """Sync to the disk itself: on macOS, `fsync` stops at the memory of the drive."""
    if hasattr(fcntl, "F_FULLFSYNC"):
        with suppress(OSError):  # not every file system has it
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)
            return
    os.fsync(file)


@contextmanager
def _optional(what: str, folder: Path, missing: frozenset[int] = frozenset()) -> Iterator[list[bool]]:
    """Run the block; log it if the file system does not offer `what`, and leave the list empty."""
    offered: list[bool] = []
    try:
        yield offered
        offered.append(True)
    except OSError as error:
        if error.errno not in _NOT_OFFERED | missing:
            raise
        if (folder, what) not in _logged:
            _logged.add((folder, what))
            _log.warning(
                "%s: the file system offers no %s (%s); continuing without", folder, what, error.strerror
            )
