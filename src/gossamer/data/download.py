"""Downloads a file over HTTP, resumes where a download stopped, and checks the file before it gets its name.

The server is not trusted: it cannot send more than a limit, redirect away from HTTP, or put bytes that fail
the check under the file's name.
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
"""Called as `on_progress(label, done, total)`, in bytes; `total` is None if it is unknown."""

_PIECE = 1 << 16


class _WrongBytesError(DataError):
    """The bytes sent, or kept from an earlier download, are not the wanted file or its beginning."""


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
    """Download `url` to `target`; the file appears only when it is complete and checked.

    Until then its bytes are in a file beside it, named like `target` with .part. The next download, perhaps
    from another mirror, continues from its end.

    Args:
        url: an http or https address.
        target: the file to write; its folder exists.
        check: called with the finished .part file's path; raises DataError to reject it.
        max_bytes: the largest file that is accepted.
        starts_with: the file's first bytes; a .part file that begins otherwise is deleted.
        timeout: seconds for which the server may send nothing.
        on_progress: called after every chunk.

    Raises:
        DataError: the server cannot be reached, refuses, stops early, or sends another file.
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
            # The old .part file may belong to another file: try again from the first byte.
        except DataError:
            _keep_if_plausible(part, starts_with, max_bytes)
            raise
        else:
            part.replace(target)  # no fsync before it: whoever reads the file verifies it
            return


def _keep_if_plausible(part: Path, starts_with: bytes, max_bytes: int) -> bool:
    """Whether `part` may be the wanted file's beginning; otherwise delete it."""
    if not part.exists():
        return False
    with part.open("rb") as file:
        begins_well = file.read(len(starts_with)) == starts_with
    if begins_well and 0 < part.stat().st_size <= max_bytes:
        return True
    part.unlink()
    return False


def _receive(url: str, part: Path, max_bytes: int, timeout: float, on_progress: Progress | None) -> None:
    """Append the missing bytes to `part`."""
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
                    raise _WrongBytesError(
                        f"{url}: sends more than {max_bytes:,} bytes, the most that is accepted"
                    )
                file.write(piece)
                if on_progress is not None:
                    on_progress(part.name.removesuffix(".part"), done, total)


def _ask(url: str, have: int, timeout: float) -> HTTPResponse | None:
    """The response with the bytes after the first `have`; None if there are none."""
    headers = {"User-Agent": "gossamer", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        reply = _web_opener().open(request.Request(url, headers=headers), timeout=timeout)  # noqa: S310 - HTTP only
    except HTTPError as error:
        error.close()
        if error.code == 416 and have:
            return None  # "range not satisfiable": the file is complete, or the check fails
        raise DataError(f"{url}: HTTP status {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a redirect to an invalid URL
        raise DataError(f"{url}: {_reason(error)}") from error
    return cast(HTTPResponse, reply)


def _web_opener() -> request.OpenerDirector:
    """An opener for HTTP only, so that no redirect leads to a local file or to FTP."""
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
    """The position in the file of the response's first byte, if the response states it."""
    if response.status == 200:
        return 0  # the whole file, although a range was requested
    said = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    return int(said[1]) if response.status == 206 and said else None


def _pieces(url: str, response: HTTPResponse) -> Iterator[bytes]:
    """The chunks of the response's body, up to its declared end."""
    try:
        while piece := response.read1(_PIECE):
            yield piece
    except (OSError, HTTPException) as error:
        raise DataError(f"{url}: stopped early ({_reason(error)}); try again to resume") from error
    if response.length:
        raise DataError(f"{url}: stopped {response.length:,} bytes before its end; try again to resume")


def _reason(error: Exception) -> str:
    """Why the network failed, in one line without text from the server."""
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, OSError) else OSError(error.reason)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"invalid HTTP: {type(error).__name__}"


def _verify(url: str, part: Path, check: Callable[[Path], object]) -> None:
    try:
        check(part)
    except DataError as error:
        raise _WrongBytesError(f"{url}: sent another file ({error})") from error
