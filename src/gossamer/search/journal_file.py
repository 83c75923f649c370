"""The journal's SQLite file: made whole or not at all, and looked through before it is used."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gossamer.errors import JournalError
from gossamer.files import write_atomically

FORMAT = 3
"""Changes when an older gossamer could misread the file; kept in SQLite's user_version."""

DAMAGED = "the journal is damaged: restore it from a copy, or start anew in another --out"

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
    """A new journal without rows, in one piece: a kill leaves it whole or leaves none."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_SCHEMA)
        write_atomically(path, database.serialize())


def open_journal_file(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """The journal at `path`; to write it, the whole file is checked first.

    SQLite notices a damaged page only when it comes upon it, which may be long after rows were added.

    Raises:
        JournalError: it is no journal, of another format, or damaged.
        sqlite3.Error: it cannot be opened.
    """
    mode = "ro" if read_only else "rw"
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    try:
        _check_format(database, path)
        if not read_only:
            # EXTRA: after a power cut, too, what was committed is there; openings of the test set rely on it
            database.execute("PRAGMA synchronous = EXTRA")
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok":
                raise JournalError(f"{path}: {' '.join(verdict.split())}; {DAMAGED}")
    except BaseException:
        database.close()
        raise
    return database


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
