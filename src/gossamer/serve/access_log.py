"""The access log: a line of JSON per answered request, under an id that the answer carries, too."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from threading import Thread
from uuid import uuid4

from starlette.types import Scope

HEADER = b"x-request-id"
GIVEN = re.compile(rb"[A-Za-z0-9._:+/=-]{1,128}")
"""Ids that are taken from a client or a proxy; any other is replaced."""
WAITING = 10_000
"""Lines at most that wait to be written; while there are so many, no more are kept."""
FAREWELL = 2.0
"""Seconds for which the end waits until lines are written."""


class AccessLog:
    """Writes a line for every request, after its answer; no answer waits for the log's reader."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """Log by `write`, which gets one line with its end, in a thread."""
        self._write = write
        self._lines: Queue[str | None] = Queue(WAITING)
        self._thread = Thread(target=self._write_lines, name="access log", daemon=True)
        self._thread.start()

    @staticmethod
    def request_id(scope: Scope) -> str:
        """The id that the request brought, as proxies give it, or a new one."""
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        return given.decode() if GIVEN.fullmatch(given) else uuid4().hex

    def line(self, scope: Scope, request_id: str, status: int, sent: int, seconds: float) -> None:
        """Log a request.

        Args:
            scope: the request's, as it came.
            request_id: its id.
            status: of the answer; 499 if the client went away.
            sent: bytes of the answer's body.
            seconds: from the request's headers to the end of its answer.
        """
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": request_id,
            "client": scope["client"][0] if scope["client"] else None,
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "bytes": sent,
            "seconds": round(seconds, 6),
        }
        with suppress(Full):
            self._lines.put_nowait(json.dumps(entry) + "\n")

    def close(self) -> None:
        """Write what waits, unless nobody reads it."""
        with suppress(Full):
            self._lines.put_nowait(None)
        self._thread.join(FAREWELL)

    def _write_lines(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError):  # its reader is gone, or the disk is full
                self._write(line)
