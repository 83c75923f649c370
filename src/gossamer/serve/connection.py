"""One client's connection: uvicorn's protocol with limits on time and size.

uvicorn documents its `http` option (a protocol class), not that class's attributes. Its allowed versions are
therefore a tested range in pyproject.toml.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gossamer.serve.limits import RETRY_AFTER, Limits

LINGER = 0.5
"""Seconds for which an idle connection stays open at shutdown: a request may be under way."""

PIPELINED = 64
"""Requests on one connection that may wait for the previous one to be answered."""

UPGRADE = b"\r\nupgrade:"


def connections(limits: Limits) -> type[HttpToolsProtocol]:
    """A protocol class for uvicorn that enforces `limits`."""

    class Connection(HttpToolsProtocol):
        """A connection with limits on its requests' size and time, and on the number of connections.

        uvicorn itself waits without a limit for a request, and for a client to read its answer.
        """

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._request_timer: asyncio.TimerHandle | None = None
            self._reading_timer: asyncio.TimerHandle | None = None
            self._around = 0  # bytes of the present request outside its body

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                self._end(HTTPStatus.SERVICE_UNAVAILABLE, f"retry-after: {RETRY_AFTER}\r\n")
                return
            self._start_request_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_request_timer()
            self._stop_reading_timer()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            self._around += len(data)
            super().data_received(_without_upgrade(data))
            if self._request_timer is None and self._idle():
                self._start_request_timer()  # uvicorn cancels its own timeout at every byte
            if self._around > limits.header_bytes:
                self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

        def on_message_begin(self) -> None:
            self._start_request_timer()
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            if self.transport.is_closing():
                return
            if self.parser.should_upgrade():  # CONNECT, for example: no request follows
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
            self._stop_request_timer()
            if not self.transport.is_closing():
                super().on_message_complete()

        def send_400_response(self, msg: str) -> None:
            super().send_400_response(msg)
            self._start_reading_timer()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing():
                self._start_reading_timer()  # the transport would wait for the client forever

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self._start_reading_timer()

        def pause_writing(self) -> None:
            self._start_reading_timer()
            super().pause_writing()

        def resume_writing(self) -> None:
            self._stop_reading_timer()
            super().resume_writing()

        def shutdown(self) -> None:
            """Close after the present request, or one that is under way, is answered."""
            if self._idle():
                self.loop.call_later(LINGER, super().shutdown)
            else:
                super().shutdown()

        def eof_received(self) -> bool:  # type: ignore[override] # asyncio takes a bool, uvicorn gives None
            """Keep the connection for the answer: the client has only closed its sending side."""
            if self._idle() or self.cycle.more_body:
                return False
            self.cycle.keep_alive = False
            return True

        def _idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _start_request_timer(self) -> None:
            self._stop_request_timer()
            self._request_timer = self.loop.call_later(limits.seconds, self._end, HTTPStatus.REQUEST_TIMEOUT)

        def _stop_request_timer(self) -> None:
            if self._request_timer is not None:
                self._request_timer.cancel()
                self._request_timer = None

        def _start_reading_timer(self) -> None:
            self._stop_reading_timer()
            self._reading_timer = self.loop.call_later(limits.seconds, self.transport.abort)

        def _stop_reading_timer(self) -> None:
            if self._reading_timer is not None:
                self._reading_timer.cancel()
                self._reading_timer = None

        def _end(self, status: HTTPStatus, headers: str = "") -> None:
            """Close, after an answer that says why unless another answer is being sent."""
            if self.transport.is_closing():
                return
            if self._idle():
                line = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                self.transport.write(
                    f"{line}{headers}content-length: 0\r\nconnection: close\r\n\r\n".encode()
                )
            self.transport.close()

    return Connection


def _without_upgrade(data: bytes) -> bytes:
    """The data with the Upgrade header renamed; a server may ignore it.

    Some clients ask for HTTP/2 in their first request; the parser would then not read its body.
    """
    place = data[:8_192].lower().find(UPGRADE)
    if place < 0 or -1 < data.find(b"\r\n\r\n") < place:
        return data
    return data[:place] + b"\r\nnot-now:" + data[place + len(UPGRADE) :]
