"""One file over HTTP, resumed where it broke off, and checked before it takes its name.

Nothing that a server says is trusted: it cannot send more than the cap, lead away from HTTP, or have bytes
that fail the check stand under the file's name.
"""

import re
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast
from urllib import request
from urllib.error import HTTPError, URLError

from gossamer.errors import DataError

Progress = Callable[[str, int, int | None], None]
"""Called as `on_progress(label, done, total)`, in bytes; `total` is None where nobody knows it."""

_PIECE = 1 << 16


class _WrongBytesError(DataError):
    """What was sent, or kept from before, is not the wanted file nor its beginning."""


def download(
    url: str,
    target: Path,
    *,
    check: Callable[[Path], object],
    max_bytes: int,
    starts_with: bytes = b"",
    timeout: float = 10.0,
    on_progress: Progress | None = None,
) -> None:
    """Fetch `url` to `target`, whole and checked or not at all.

    The bytes collect beside it, under `target`'s name with .part. A download that breaks off leaves them
    there, and the next one (perhaps from another mirror) goes on from their end.

    Args:
        url: an http or https address.
        target: the file to write; its folder exists.
        check: called with the finished file's path before it takes its name; raises DataError to refuse it.
        max_bytes: the most that is taken.
        starts_with: the file's first bytes; a .part that does not begin so is thrown away.
        timeout: seconds that the server may stay silent.
        on_progress: told of every piece.

    Raises:
        DataError: the server cannot be reached, refuses, breaks off, or sends something else.
        OSError: `target` cannot be written.
    """
    part = target.with_name(f"{target.name}.part")
    while True:
        resumed = _keep_if_plausible(part, starts_with, max_bytes)
        try:
            _receive(url, part, max_bytes, timeout, on_progress)
            _verify(url, part, check)
        except _WrongBytesError:
            part.unlink(missing_ok=True)
            if not resumed:
                raise
            # The old .part may have been another file's beginning: once more, from the first byte.
        except DataError:
            _keep_if_plausible(part, starts_with, max_bytes)
            raise
        else:
            part.replace(target)  # not synced to the disk first: who reads the file verifies it
            return


def _keep_if_plausible(part: Path, starts_with: bytes, max_bytes: int) -> bool:
    """Whether `part` may be the wanted file's beginning; if not, it is removed."""
    if not part.exists():
        return False
    with part.open("rb") as file:
        begins_well = file.read(len(starts_with)) == starts_with
    if begins_well and 0 < part.stat().st_size <= max_bytes:
        return True
    part.unlink()
    return False


def _receive(url: str, part: Path, max_bytes: int, timeout: float, on_progress: Progress | None) -> None:
    """Bring `part` to its end, from wherever it stands."""
    have = part.stat().st_size if part.exists() else 0
    response = _ask(url, have, timeout)
    if response is None:
        return
    with response:
        offset = _offset(response)
        if offset not in {0, have}:
            raise _WrongBytesError(f"{url}: HTTP status {response.status}, not the bytes from {have:,} on")
        done, total = offset, None if response.length is None else offset + response.length
        with part.open("ab" if offset else "wb") as file:
            for piece in _pieces(url, response):
                done += len(piece)
                if max(done, total or 0) > max_bytes:
                    raise _WrongBytesError(f"{url}: sends more than {max_bytes:,} bytes; no more are taken")
                file.write(piece)
                if on_progress is not None:
                    on_progress(part.name.removesuffix(".part"), done, total)


def _ask(url: str, have: int, timeout: float) -> HTTPResponse | None:
    """The reply to a request for the bytes after the first `have`; None if there are none."""
    headers = {"User-Agent": "gossamer", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        reply = _web_opener().open(request.Request(url, headers=headers), timeout=timeout)  # noqa: S310 - HTTP only
    except HTTPError as error:
        error.close()
        if error.code == 416 and have:
            return None  # "range not satisfiable": the file ends here, or the check will say otherwise
        raise DataError(f"{url}: HTTP status {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a redirect to no proper address
        raise DataError(f"{url}: {_reason(error)}") from error
    return cast(HTTPResponse, reply)


def _web_opener() -> request.OpenerDirector:
    """An opener that speaks HTTP and nothing else, so that no redirect leads to a file or to FTP."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPRedirectHandler,
        request.HTTPErrorProcessor,
        request.HTTPDefaultErrorHandler,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _offset(response: HTTPResponse) -> int | None:
    """Where in the file the reply's bytes begin, if it says."""
    if response.status == 200:
        return 0  # the whole file, also where a range was asked for
    said = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    return int(said[1]) if response.status == 206 and said else None


def _pieces(url: str, response: HTTPResponse) -> Iterator[bytes]:
    """The reply's body as it arrives, to its declared end."""
    try:
        while piece := response.read1(_PIECE):
            yield piece
    except (OSError, HTTPException) as error:
        raise DataError(f"{url}: broke off ({_reason(error)}); try again to resume") from error
    if response.length:
        raise DataError(f"{url}: broke off {response.length:,} bytes before its end; try again to resume")


def _reason(error: Exception) -> str:
    """Why the network failed, in one line without words from the server."""
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, OSError) else OSError(error.reason)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"no proper HTTP: {type(error).__name__}"


def _verify(url: str, part: Path, check: Callable[[Path], object]) -> None:
    try:
        check(part)
    except DataError as error:
        raise _WrongBytesError(f"{url}: sent something else ({error})") from error
