"""One client's connection: what uvicorn leaves unbounded is bounded here."""

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gossamer.serve.limits import RETRY_AFTER, Limits

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

LINGER = 0.5
"""Seconds in which a connection that ends still hears a request that was on its way."""

PIPELINED = 64
"""Requests on one connection that wait for the one before to be answered."""

UPGRADE = b"\r\nupgrade:"


def connections(limits: Limits) -> type[HttpToolsProtocol]:
    """A protocol for uvicorn that keeps `limits`."""

    class Connection(HttpToolsProtocol):
        """A connection whose client must not be slow, verbose, or one of too many.

        uvicorn itself waits for a request, and for a client to take its answer, for as long as either takes.
        """

        def __init__(
            self,
            config: "Config",
            server_state: "ServerState",
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            self._until_request: asyncio.TimerHandle | None = None
            self._until_taken: asyncio.TimerHandle | None = None
            self._around = 0  # bytes of the present request that are no body

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                self._end(HTTPStatus.SERVICE_UNAVAILABLE, f"retry-after: {RETRY_AFTER}\r\n")
                return
            self._expect_request()

        def connection_lost(self, exc: Exception | None) -> None:
            self._request_is_here()
            self._answer_is_taken()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            self._around += len(data)
            super().data_received(_without_upgrade(data))
            if self._until_request is None and self._owes_nothing():
                self._expect_request()  # uvicorn forgets its own deadline over every byte
            if self._around > limits.header_bytes:
                self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

        def on_message_begin(self) -> None:
            self._expect_request()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            if self.transport.is_closing():
                return
            if self.parser.should_upgrade():  # to a tunnel, say: what follows is no request
                self._end(HTTPStatus.BAD_REQUEST)
                return
            super().on_headers_complete()
            if len(self.pipeline) > PIPELINED:
                self.transport.abort()

        def on_body(self, body: bytes) -> None:
            self._around -= len(body)
            if not self.transport.is_closing():
                super().on_body(body)

        def on_message_complete(self) -> None:
            self._around = 0
            self._request_is_here()
            if not self.transport.is_closing():
                super().on_message_complete()

        def send_400_response(self, msg: str) -> None:
            super().send_400_response(msg)
            self._expect_taking()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing():
                self._expect_taking()  # of what is left of it; the transport itself would wait forever

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self._expect_taking()

        def pause_writing(self) -> None:
            self._expect_taking()
            super().pause_writing()

        def resume_writing(self) -> None:
            self._answer_is_taken()
            super().resume_writing()

        def shutdown(self) -> None:
            """End when what was begun is done, and what was on its way is answered."""
            if self._owes_nothing():
                self.loop.call_later(LINGER, super().shutdown)
            else:
                super().shutdown()

        def eof_received(self) -> bool:  # type: ignore[override] # asyncio takes a bool, uvicorn gives None
            """A client that has said all may still be listening for its answer."""
            if self._owes_nothing() or self.cycle.more_body:
                return False
            self.cycle.keep_alive = False
            return True

        def _owes_nothing(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _expect_request(self) -> None:
            self._request_is_here()
            self._until_request = self.loop.call_later(limits.seconds, self._end, HTTPStatus.REQUEST_TIMEOUT)

        def _request_is_here(self) -> None:
            if self._until_request is not None:
                self._until_request.cancel()
                self._until_request = None

        def _expect_taking(self) -> None:
            self._answer_is_taken()
            self._until_taken = self.loop.call_later(limits.seconds, self.transport.abort)

        def _answer_is_taken(self) -> None:
            if self._until_taken is not None:
                self._until_taken.cancel()
                self._until_taken = None

        def _end(self, status: HTTPStatus, headers: str = "") -> None:
            """Say why, if nothing else is being said, and hang up."""
            if self.transport.is_closing():
                return
            if self._owes_nothing():
                line = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                self.transport.write(
                    f"{line}{headers}content-length: 0\r\nconnection: close\r\n\r\n".encode()
                )
            self.transport.close()

    return Connection


def _without_upgrade(data: bytes) -> bytes:
    """Headers that do not ask for another protocol, which nobody has to grant.

    Some clients ask for HTTP/2 in their first request; the parser would then leave its body unread.
    """
    place = data[:8_192].lower().find(UPGRADE)
    if place < 0 or -1 < data.find(b"\r\n\r\n") < place:
        return data
    return data[:place] + b"\r\nnot-now:" + data[place + len(UPGRADE) :]
