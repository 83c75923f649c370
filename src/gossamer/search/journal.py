"""The study's journal: one SQLite file that holds every finished fit, checkpoint and test-set access.

Only the driver writes it, with one transaction per row; every row carries its own hash. Arrays are stored as
safetensors, everything else as JSON; nothing that is read from it is ever unpickled.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from safetensors import SafetensorError
from safetensors.numpy import load

from gossamer.arrays import arrays_to_bytes
from gossamer.errors import JournalError
from gossamer.files import canonical_json
from gossamer.search.fits import Fit
from gossamer.search.journal_file import DAMAGED, make_journal_file, open_journal_file
from gossamer.search.tasks import FitOutcome
from gossamer.training import Checkpoint, Epoch, Fitted, as_row, of_row


@dataclass(frozen=True, eq=False)
class Standing:
    """The progress of a fit, without its weights.

    Attributes:
        key: `Fit.key`.
        label: `Fit.label`.
        record: `Fit.record`.
        history: all epochs so far.
        finished: whether the fit has no epochs left.
    """

    key: str
    label: str
    record: dict[str, Any]
    history: tuple[Epoch, ...]
    finished: bool


class Journal:
    """An open journal; a context manager that closes it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the journal at `path`. If it may be written and there is none, make it.

        Raises:
            JournalError: the file cannot be opened, is no journal, has another format, or is damaged.
        """
        self._path = path
        with self._explained():
            if not read_only and not path.exists():
                make_journal_file(path)
            self._db = open_journal_file(path, read_only=read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def identity(self) -> dict[str, Any] | None:
        """The identity of the study that the journal belongs to; None while the journal is new."""
        row = self._study()
        return None if row is None else dict(json.loads(row[0]))

    def planned(self) -> list[str]:
        """The keys of all fits of the study's search."""
        row = self._study()
        return [] if row is None else list(json.loads(row[1]))

    def set_study(self, identity: dict[str, Any], fits: Sequence[Fit]) -> None:
        """Make the journal that of the study `identity`, whose search has these `fits`."""
        row = (canonical_json(identity), canonical_json([fit.key for fit in fits]))
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO study VALUES (1, ?, ?, ?)", (*row, _row_hash(row, b"")))

    def find(self, fit: Fit) -> FitOutcome | None:
        """The outcome of `fit`, if it is finished.

        Raises:
            JournalError: its row does not match its hash.
        """
        row = self._read("fits", fit)
        if row is None:
            return None
        history, arrays, seconds = row
        return FitOutcome(Fitted(history, arrays), seconds)

    def seconds_of(self, fits: Sequence[Fit]) -> dict[str, float]:
        """The seconds of each of `fits` that is finished, by key."""
        with self._explained():
            rows = dict(self._db.execute("SELECT key, seconds FROM fits").fetchall())
        return {fit.key: rows[fit.key] for fit in fits if fit.key in rows}

    def standings(self) -> list[Standing]:
        """Every fit, finished or begun, for information: hashes are not checked, since no arrays are read."""
        with self._explained():
            return [
                Standing(key, label, dict(json.loads(record)), _decode_history(history), bool(finished))
                for key, label, record, history, finished in self._db.execute(
                    "SELECT key, label, record, history, 1 FROM fits"
                    " UNION ALL SELECT key, label, record, history, 0 FROM checkpoints"
                )
            ]

    def add(self, fit: Fit, outcome: FitOutcome) -> None:
        """Keep the outcome of `fit` instead of its checkpoint."""
        with self._transaction():
            self._write("fits", fit, outcome.fitted.history, outcome.fitted.weights, outcome.seconds)
            self._db.execute("DELETE FROM checkpoints WHERE key = ?", (fit.key,))

    def find_checkpoint(self, fit: Fit) -> tuple[Checkpoint, float] | None:
        """The last checkpoint of `fit`, if there is one, and the seconds up to it."""
        row = self._read("checkpoints", fit)
        if row is None:
            return None
        history, arrays, seconds = row
        return Checkpoint.from_arrays(arrays, history), seconds

    def set_checkpoint(self, fit: Fit, checkpoint: Checkpoint, seconds: float) -> None:
        """Keep `checkpoint` of `fit` instead of the one before."""
        with self._transaction():
            self._write("checkpoints", fit, checkpoint.history, checkpoint.to_arrays(), seconds)

    def record_access(self, model_hash: str, test_fingerprint: str) -> None:
        """Record that a model is about to be scored on a test set; the same pair is the same access."""
        row = (model_hash, test_fingerprint)
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO openings VALUES (?, ?, ?)", (*row, _row_hash(row, b"")))

    def accesses(self) -> list[tuple[str, str]]:
        """Every (model hash, test fingerprint) on record, in order of the model hash."""
        with self._explained():
            rows = self._db.execute("SELECT model, test, hash FROM openings ORDER BY model, test").fetchall()
        for model, test, expected in rows:
            if _row_hash((model, test), b"") != expected:
                raise JournalError(f"{self._path}: a test-set access does not match its hash; {DAMAGED}")
        return [(model, test) for model, test, _ in rows]

    def _study(self) -> tuple[str, str] | None:
        with self._explained():
            row = self._db.execute("SELECT identity, fits, hash FROM study").fetchone()
            if row is not None and _row_hash(row[:2], b"") != row[2]:
                raise JournalError(f"{self._path}: the study's row does not match its hash; {DAMAGED}")
            return None if row is None else row[:2]

    def _read(self, table: str, fit: Fit) -> tuple[tuple[Epoch, ...], dict[str, Any], float] | None:
        with self._explained():
            row = self._db.execute(
                f"SELECT record, label, history, seconds, arrays, hash FROM {table} WHERE key = ?",  # noqa: S608
                (fit.key,),
            ).fetchone()
            if row is None:
                return None
            record, label, history, seconds, arrays, expected = row
            if _row_hash((fit.key, record, label, history, seconds), arrays) != expected:
                raise JournalError(f"{self._path}: the row of {label!r} does not match its hash; {DAMAGED}")
            return _decode_history(history), load(arrays), seconds

    def _write(
        self, table: str, fit: Fit, history: Sequence[Epoch], arrays: dict[str, Any], seconds: float
    ) -> None:
        row = (fit.key, canonical_json(fit.record), fit.label, _encode_history(history), seconds)
        blob = arrays_to_bytes(arrays)
        self._db.execute(
            f"INSERT OR REPLACE INTO {table} (key, record, label, history, seconds, arrays, hash)"  # noqa: S608
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, blob, _row_hash(row, blob)),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # the disk, permissions, or another process
            raise JournalError(
                f"{self._path}: {error}; what was finished is kept: see that the disk is not full, and the"
                f" file not in use and writable, and run again; if that does not help, {DAMAGED}"
            ) from error
        except (sqlite3.Error, SafetensorError, ValueError, TypeError, KeyError) as error:
            raise JournalError(f"{self._path}: {error}; {DAMAGED}") from error


def _row_hash(row: Sequence[str | float], blob: bytes) -> str:
    digest = sha256(canonical_json(row).encode())
    digest.update(blob)
    return digest.hexdigest()


def _encode_history(history: Sequence[Epoch]) -> str:
    return canonical_json([as_row(epoch) for epoch in history])


def _decode_history(text: str) -> tuple[Epoch, ...]:
    return tuple(of_row(row) for row in json.loads(text))
