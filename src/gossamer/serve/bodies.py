"""Receives the bodies of requests within limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from gossamer.serve.limits import Limits, Refusal, busy


class Bodies:
    """All bodies that are being received or answered.

    Attributes:
        held: their total bytes.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.held = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """The body of `request`; its bytes count as held until the block ends.

        Raises:
            Refusal: 413 if it is too large, declared or not; 415 if it is compressed; 503 if too many bytes
                are held.
            ClientDisconnect: the client has disconnected.
        """
        _check_encoding(request)
        most = self._limits.body_bytes
        if int(request.headers.get("content-length", 0)) > most:
            raise _too_large(most)
        parts, size = [], 0
        try:
            more = True
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                part, more = message.get("body", b""), message.get("more_body", False)
                if size + len(part) > most:
                    raise _too_large(most)
                if self.held + len(part) > self._limits.held_bytes:
                    raise busy("too many bytes are being received")
                parts.append(part)
                size += len(part)
                self.held += len(part)
            yield parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            self.held -= size


def _check_encoding(request: Request) -> None:
    """Refuse a compressed body: its decompressed size has no bound."""
    for header, plain in (("content-encoding", "identity"), ("transfer-encoding", "chunked")):
        for said in ",".join(request.headers.getlist(header)).split(","):
            if (encoding := said.strip().lower()) not in {"", plain}:
                raise Refusal(415, f"a body in the encoding {encoding[:40]!r}; send it uncompressed")


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"the body has more than {most:,} bytes; send less, or several requests")
