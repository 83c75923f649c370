"""Runs the service: opens its socket, answers, and shuts down without losing a request."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable
from errno import errorcode
from time import monotonic
from types import FrameType

import uvicorn

from gossamer.data import quiet_decoders
from gossamer.errors import SettingError
from gossamer.serve.connection import connections
from gossamer.serve.hangups import Hangups
from gossamer.serve.live import Live, Served


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


def run(
    served: Served,
    listener: socket.socket,
    *,
    drain: float,
    hangups: Hangups | None = None,
    renew: Callable[[], Served | None] = lambda: None,
) -> int:
    """Answer on `listener` until SIGTERM or SIGINT, then shut down without losing an accepted request.

    At SIGHUP, `renew` gives what is served from then on, or None to go on as before; no request is lost. If
    the signal means that the terminal is gone, it is taken as SIGTERM.

    At SIGTERM the service reports that it is not ready and continues for `drain` seconds, so that load
    balancers notice. Then it accepts no new connections and answers the requests that it has.

    Returns:
        How many requests were cut off because their answers took too long.
    """
    live, limits = Live(served), served.service.limits
    config = uvicorn.Config(
        live,
        http=connections(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(limits.seconds),
        timeout_graceful_shutdown=int(limits.seconds) + 5,
    )
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it logs what clients send
    server = _Server(config, live, drain, hangups or Hangups(), renew)
    gc.freeze()  # garbage collections skip what exists by now
    try:
        with quiet_decoders():
            server.run([listener])
    finally:
        gc.unfreeze()
        live.service.close()
    return server.cut_off


class _Server(uvicorn.Server):
    """uvicorn's server, which drains before it shuts down."""

    def __init__(
        self,
        config: uvicorn.Config,
        live: Live,
        drain: float,
        hangups: Hangups,
        renew: Callable[[], Served | None],
    ) -> None:
        super().__init__(config)
        self._live, self._drain, self._hangups, self._renew = live, drain, hangups, renew
        self._renewal: asyncio.Task[None] | None = None
        self._ends_at: float | None = None
        self._ignores_interrupts = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        self.cut_off = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGINT and self._ignores_interrupts:
            return  # a background job of a script: Ctrl-C is not meant for it
        self._live.service.ready = False
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
        if self._renewal is None and self._live.service.ready and self._hangups.take():
            self._hang_up()
        if self._ends_at is not None and monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)

    def _hang_up(self) -> None:
        if self._hangups.terminal_is_gone:
            self.handle_exit(signal.SIGTERM, None)
        else:
            self._renewal = asyncio.create_task(self._serve_again())

    async def _serve_again(self) -> None:
        served = await asyncio.to_thread(self._renew)
        if served is not None and self._live.service.ready:
            self._live.replace(served)
        elif served is not None:  # a shutdown has begun
            served.service.close()
        self._renewal = None
