"""Reads files that may be damaged or hostile: sizes are checked first, and errors fit on one line."""

import os
import stat
from pathlib import Path
from typing import IO

from gossamer.errors import DataError

_CHUNK = 16 << 20


def file_bytes(path: Path | str, most: int, what: str) -> bytes:
    """The bytes of `path`, a regular file of at most `most` bytes. Pipes and devices are not waited for.

    Raises:
        DataError: it is not such a file; the message says that `what` was expected.
        OSError: it cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise DataError(f"{path}: is not a regular file, expected {what}; remove it")
    with os.fdopen(handle, "rb") as file:
        check_size(path, status.st_size, most, what)
        return file.read(status.st_size)


def check_size(path: Path | str, size: int, most: int, what: str) -> None:
    """Check that a file has at most `most` bytes.

    Raises:
        DataError: it has more; the message says that `what` was expected.
    """
    if size > most:
        raise DataError(f"{path}: {size:,} bytes; expected {what} of at most {most:,}")


def read_at_most(stream: IO[bytes], length: int) -> bytearray:
    """Up to `length` bytes, in chunks: memory grows with the bytes that exist, not with those declared."""
    body = bytearray()
    while len(body) < length and (chunk := stream.read(min(length - len(body), _CHUNK))):
        body += chunk
    return body


def is_of_format(path: Path, suffix: str, first_bytes: bytes) -> bool:
    """Whether the file `path` has the suffix, in upper or lower case, or begins with the bytes."""
    if not path.is_file():
        return False
    if path.suffix.lower() == suffix:
        return True
    with path.open("rb") as file:
        return file.read(len(first_bytes)) == first_bytes


def one_line(error: Exception) -> str:
    """The error's message on one short line; its type if there is none that can be printed."""
    line = " ".join(str(error).split())[:100]
    return line if line and line.isprintable() else type(error).__name__
