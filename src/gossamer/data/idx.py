"""The IDX format of the MNIST family: a big-endian header, then the raw elements; often gzipped.

Files are not trusted: the header is checked before memory is allocated, and a gzip stream is never
decompressed beyond what the header declares.
"""

import gzip
import zlib
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from gossamer.data.limits import MAX_BYTES
from gossamer.errors import DataError
from gossamer.reprs import Summarized
from gossamer.untrusted import read_at_most

_KINDS = {1: "labels", 3: "grey images", 4: "colour images"}


@dataclass(frozen=True, repr=False)
class IdxFile(Summarized):
    """An IDX file's elements and the SHA-256 of its decompressed bytes."""

    array: NDArray[np.uint8]
    sha256: str


def read_idx(path: Path, *, ndim: int, max_bytes: int = MAX_BYTES) -> IdxFile:
    """Read the uint8 array of `ndim` dimensions in `path`, gzipped or not.

    Raises:
        DataError: the file is missing, unreadable, not an IDX file of unsigned bytes, of another number of
            dimensions, shorter or longer than its header declares, or larger than `max_bytes`.
    """
    try:
        with path.open("rb") as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if gzipped else raw
            return _read(stream, path, ndim, max_bytes)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; expected IDX {_KINDS.get(ndim, 'data')}") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: the gzip stream is damaged or cut short ({error}); fetch the file again"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _read(stream: IO[bytes], path: Path, ndim: int, max_bytes: int) -> IdxFile:
    wanted = _KINDS.get(ndim, f"{ndim} dimensions")
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"{path}: not an IDX file: starts with {magic.hex(' ') or 'nothing'}, expected 00 00 08"
        )
    if magic[2] != 0x08:
        raise DataError(f"{path}: element type 0x{magic[2]:02x}; expected 0x08, unsigned bytes")
    if magic[3] != ndim:
        found = _KINDS.get(magic[3], "data")
        raise DataError(
            f"{path}: holds {found} ({magic[3]} dimensions), expected {wanted} ({ndim} dimensions);"
            " were two files swapped?"
        )
    sizes = stream.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise DataError(f"{path}: cut short inside its header; fetch the file again")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    length = prod(shape)
    claim = prod(max(size, 1) for size in shape)  # max(1, ...): if one side is 0, others may still be huge
    if claim > max_bytes:
        raise DataError(f"{path}: its header declares {claim:,} bytes; at most {max_bytes:,} are read")
    body = read_at_most(stream, length)
    if len(body) < length:
        raise DataError(
            f"{path}: {len(body):,} bytes of elements, but its header declares {_shape(shape)};"
            " the file is cut short: fetch it again"
        )
    if stream.read(1):
        raise DataError(
            f"{path}: more bytes than the {_shape(shape)} that its header declares;"
            " it is not a complete IDX file: fetch it again"
        )
    array = np.frombuffer(body, np.uint8).reshape(shape)
    digest = sha256(magic + sizes)
    digest.update(body)
    return IdxFile(array, digest.hexdigest())


def _shape(shape: tuple[int, ...]) -> str:
    product = " x ".join(str(size) for size in shape)
    return product if len(shape) == 1 else f"{product} = {prod(shape):,}"
