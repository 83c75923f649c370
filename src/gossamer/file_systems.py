"""What not every file system offers: where it is missing it is done without, and logged once a folder.

Network shares, FUSE and container mounts refuse what a local disk does. Errors of the disk itself (EIO,
ENOSPC) are raised as ever.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY})
_NO_FOLDERS = frozenset({errno.EACCES, errno.EPERM, errno.EISDIR, errno.EBADF})
"""Of systems that open no folder, or sync none that was opened for reading."""
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EBADF})
"""Of NFS: no lock server, or no exclusive lock of a file that was opened for reading."""

_log = logging.getLogger(__name__)
_logged: set[tuple[Path, str]] = set()


def sync_file(file: int, folder: Path) -> bool:
    """Bring the open file's bytes to the disk; False where the file system of `folder` does not offer it."""
    with _optional("sync of files", folder) as offered:
        os.fsync(file)
    return bool(offered)


def sync_folder(folder: Path) -> bool:
    """Bring the names in `folder` to the disk; False where its file system does not offer it."""
    with _optional("sync of folders", folder, _NO_FOLDERS) as offered:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return bool(offered)


def syncs_files(folder: Path) -> bool:
    """Whether files in `folder`, which can be written, can be brought to the disk."""
    with TemporaryFile(dir=folder) as probe:
        return sync_file(probe.fileno(), folder)


def lock_file(file: int, folder: Path, *, shared: bool) -> bool:
    """Lock the open file until it is closed, at once; False where `folder`'s file system offers no locks.

    Raises:
        BlockingIOError: someone else holds it.
    """
    with _optional("locks", folder, _NO_LOCKS) as offered:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    return bool(offered)


def locks_ranges(folder: Path) -> bool:
    """Whether parts of files in `folder` can be locked, as SQLite does; True where nothing can be written."""
    try:
        probe = TemporaryFile(dir=folder)  # noqa: SIM115 - the block below closes it
    except OSError:
        return True
    with probe, _optional("locks of parts of a file", folder, _NO_LOCKS) as offered:
        fcntl.lockf(probe.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return bool(offered)


@contextmanager
def _optional(what: str, folder: Path, missing: frozenset[int] = frozenset()) -> Iterator[list[bool]]:
    """Runs the block, which may fail for want of `what`; the list stays empty if it does."""
    offered: list[bool] = []
    try:
        yield offered
        offered.append(True)
    except OSError as error:
        if error.errno not in _NOT_OFFERED | missing:
            raise
        if (folder, what) not in _logged:
            _logged.add((folder, what))
            _log.warning("%s: no %s there (%s); done without", folder, what, error.strerror)
