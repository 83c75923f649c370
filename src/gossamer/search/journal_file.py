"""The journal's SQLite file: it is made in one piece, and checked before it is used."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from gossamer.errors import JournalError
from gossamer.file_systems import locks_ranges, sync_folder, syncs_files
from gossamer.files import write_atomically

FORMAT = 3
"""Raised when an older gossamer could misread the file; kept in SQLite's user_version."""

DAMAGED = "the journal is damaged: restore it from a copy, or start again in another --out"

_SCHEMA = f"""
CREATE TABLE study (
  id INTEGER PRIMARY KEY CHECK (id = 1), identity TEXT NOT NULL, fits TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE fits (
  key TEXT PRIMARY KEY, record TEXT NOT NULL, label TEXT NOT NULL, history TEXT NOT NULL,
  seconds REAL NOT NULL, hash TEXT NOT NULL, arrays BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoints (
  key TEXT PRIMARY KEY, record TEXT NOT NULL, label TEXT NOT NULL, history TEXT NOT NULL,
  seconds REAL NOT NULL, hash TEXT NOT NULL, arrays BLOB NOT NULL
) STRICT;
CREATE TABLE openings (
  model TEXT NOT NULL, test TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (model, test)
) STRICT;
PRAGMA user_version = {FORMAT};
"""


def make_journal_file(path: Path) -> None:
    """Make an empty journal in one piece: a kill leaves a whole file or none."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        write_atomically(path, database.serialize())


def open_journal_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the journal at `path`. If it may be written, the whole file is checked; else nothing is written.

    SQLite notices a damaged page only when it reads it, which may be long after rows were added.

    Raises:
        JournalError: it is no journal, has another format, or is damaged.
        sqlite3.Error: it cannot be opened.
    """
    database = _connect(path, "ro" if read_only else "rw")
    try:
        _check_format(database, path)
        if not read_only:
            database.execute(f"PRAGMA synchronous = {_synchronous(path.parent)}")
            database.execute("PRAGMA fullfsync = ON")  # on macOS, sync alone stops at the drive's own memory
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise JournalError(f"{path}: {' '.join(verdict.split())}; {DAMAGED}")
    except BaseException:
        database.close()
        raise
    return database


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that has read the file once, since SQLite reports only then that it cannot."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        return _connect_to(address)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
            return _rolled_back(path)
        if locks_ranges(path.parent):
            raise
        return _connect_to(f"{address}&nolock=1")  # the lock of the folder admits one writer


def _connect_to(address: str) -> sqlite3.Connection:
    database = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        database.execute("PRAGMA user_version").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _rolled_back(path: Path) -> sqlite3.Connection:
    """The journal in memory, without the unfinished transaction that a killed run left beside the file."""
    with TemporaryDirectory(prefix="gossamer-") as folder:
        for name in (path.name, f"{path.name}-journal"):
            shutil.copyfile(path.with_name(name), Path(folder) / name)
        with closing(_connect_to(f"{(Path(folder) / path.name).as_uri()}?mode=rw")) as copy:
            content = copy.serialize()
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.deserialize(content)
    return database


def _synchronous(folder: Path) -> str:
    """SQLite's most careful setting that the file system of `folder` offers.

    With EXTRA, what was committed is there after a power cut, too; test-set accesses rely on it.
    """
    if not syncs_files(folder):
        return "OFF"
    return "EXTRA" if sync_folder(folder) else "FULL"


def _check_format(database: sqlite3.Connection, path: Path) -> None:
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if found == FORMAT:
        return
    if path.stat().st_size == 0:
        raise JournalError(f"{path}: an empty file; {DAMAGED}")
    if found == 0:
        raise JournalError(f"{path}: an SQLite file, but no gossamer journal; try another --out")
    raise JournalError(
        f"{path}: a journal of format {found}; this gossamer reads format {FORMAT}:"
        " use the version that wrote it, or another --out"
    )
