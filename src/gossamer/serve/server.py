"""Runs the service: opens its socket, answers, and shuts down without losing a request."""

import asyncio
import gc
import logging
import os
import signal
import socket
from errno import errorcode
from time import monotonic
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from gossamer.data import quiet_decoders
from gossamer.errors import SettingError
from gossamer.serve.connection import connections
from gossamer.serve.service import Service


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port`; port 0 means any free port.

    Raises:
        SettingError: the address is not of this machine, or it is in use.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2_048)
    except UnicodeError as error:
        raise SettingError(f"cannot listen on {host!r}: not a host name") from error
    except OSError as error:
        number = error.errno
        said = os.strerror(number) if number is not None and number in errorcode else error.strerror
        raise SettingError(
            f"cannot listen on {host}:{port} ({said}); choose others with --host and --port"
        ) from error


def run(service: Service, app: ASGIApp, listener: socket.socket, *, drain: float) -> int:
    """Answer on `listener` until SIGTERM or SIGINT, then shut down without losing an accepted request.

    At SIGTERM the service reports that it is not ready and continues for `drain` seconds, so that load
    balancers notice. Then it accepts no new connections and answers the requests that it has.

    Returns:
        How many requests were cut off because their answers took too long.
    """
    config = uvicorn.Config(
        app,
        http=connections(service.limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(service.limits.seconds),
        timeout_graceful_shutdown=int(service.limits.seconds) + 5,
    )
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it logs what clients send
    server = _Server(config, service, drain)
    gc.freeze()  # garbage collections skip what exists by now
    try:
        with quiet_decoders():
            server.run([listener])
    finally:
        gc.unfreeze()
        service.close()
    return server.cut_off


class _Server(uvicorn.Server):
    """uvicorn's server, which drains before it shuts down."""

    def __init__(self, config: uvicorn.Config, service: Service, drain: float) -> None:
        super().__init__(config)
        self._service, self._drain = service, drain
        self._ends_at: float | None = None
        self._ignores_interrupts = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        self.cut_off = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGINT and self._ignores_interrupts:
            return  # a background job of a script: Ctrl-C is not meant for it
        self._service.ready = False
        if sig == signal.SIGTERM:  # a second SIGTERM ends the draining
            self._ends_at = monotonic() + (self._drain if self._ends_at is None else 0)
        else:
            super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or []:
            listener.listen(0)  # accept the waiting connections before closing resets them
        await asyncio.sleep(0.1)
        await super().shutdown(sockets)
        self.cut_off = len(self.server_state.tasks)

    async def on_tick(self, counter: int) -> bool:
        if self._ends_at is not None and monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)
