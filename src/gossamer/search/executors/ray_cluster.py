"""The Ray cluster that fits run on: the one that RAY_ADDRESS names, or one on the cores of this machine.

Ray listens on every network interface, even on a node that is told to be 127.0.0.1, and anyone who reaches
one of its ports can run code there (https://docs.ray.io/en/latest/ray-security/index.html). So only a cluster
that requires a token is used. One that requires none accepts ours as well, so a worker is asked for its mode.
"""

import logging
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from threading import current_thread, main_thread

import ray

from gossamer.errors import SettingError, WorkerError

_HELP = "https://docs.ray.io/en/latest/ray-security/token-auth.html tells how"
_REACH_SECONDS = 10.0
"""How long to wait for the cluster. Ray itself would wait for minutes."""
_ANSWER_SECONDS = 120.0
"""How long the first worker may take to start."""


def open_cluster(workers: int | None) -> None:
    """Join the cluster that RAY_ADDRESS names; without it, start one with so many CPUs (None: one per core).

    Raises:
        SettingError: the cluster may not be used.
        WorkerError: it cannot be joined or started.
    """
    address = os.environ.get("RAY_ADDRESS") or "local"
    _check(address)
    try:
        if address == "local":
            os.environ.setdefault("RAY_AUTH_TOKEN", token_hex(32))  # else Ray keeps one in the user's home
            _init(address, num_cpus=workers, include_dashboard=False)
        else:
            _reach(address)
            _init(address)
            check_token()
    except (ray.exceptions.RayError, OSError, RuntimeError, ValueError) as error:
        what = "start Ray"
        if address != "local":
            what = (
                f"join the Ray cluster at RAY_ADDRESS={address}: is it up, with this token, Ray and gossamer?"
            )
        raise WorkerError(f"cannot {what} ({in_a_line(error)})") from error


def close_cluster() -> None:
    """Leave the cluster, and end it if it was started here."""
    with _uninterrupted():
        ray.shutdown()


def _init(address: str, **options: object) -> None:
    with _uninterrupted():
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, **options)


def _check(address: str) -> None:
    if "://" in address:
        raise SettingError(
            f"RAY_ADDRESS={address}: Ray Client is not supported, since it keeps results at its far end; run"
            " gossamer on a node of the cluster, with RAY_ADDRESS=HOST:PORT or auto"
        )
    # a local cluster asks for a token unless it is told not to
    mode = os.environ.get("RAY_AUTH_MODE", "token" if address == "local" else "")
    if mode.lower() != "token":
        raise SettingError(
            f"Ray without token authentication (RAY_AUTH_MODE={mode}) lets anyone who reaches one of its"
            f" ports run code; set RAY_AUTH_MODE=token here and on every node: {_HELP}"
        )


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _REACH_SECONDS).close()


def check_token() -> None:
    """Check that the cluster requires a token, and leave it if it does not.

    A node that requires none returns the results of tasks alone: its other messages lack the token.

    Raises:
        SettingError: it does not.
        ray.exceptions.RayError: no worker answers, or it lacks gossamer.
    """
    asked = False
    try:
        asked = ray.get(ray.remote(num_cpus=0)(token_is_asked_for).remote(), timeout=_ANSWER_SECONDS)
    finally:
        if not asked:
            close_cluster()
    if not asked:
        raise SettingError(
            "the Ray cluster asks for no token: whoever reaches one of its ports runs code there; start every"
            f" node with RAY_AUTH_MODE=token: {_HELP}"
        )


def token_is_asked_for() -> bool:
    """Whether the node of this worker requires a token."""
    return os.environ.get("RAY_AUTH_MODE", "").lower() == "token"


def in_a_line(error: BaseException) -> str:
    """The message of `error`, without what Ray adds for its developers."""
    lines = str(error).strip().splitlines() or [""]
    # a traceback ends with the message, everything else begins with it
    return lines[-1] if isinstance(error, ray.exceptions.RayTaskError) else lines[0]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C to the end of the block: if Ray is interrupted there, it crashes when the process ends."""
    if current_thread() is not main_thread():
        yield
        return
    came = list[int]()
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)
