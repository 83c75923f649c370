"""Pictures (PNG, JPEG, BMP, WebP, GIF, TIFF) as arrays, by Pillow; each is hostile until it is decoded."""

import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from gossamer.data.fit import fitted
from gossamer.data.flat import flattened
from gossamer.data.reading import Reading
from gossamer.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff")
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 1 << 24
"""Of a picture as its header declares it: what a camera makes, and no bomb."""

MAX_SCANS = 64
"""Of a progressive JPEG, which usually has ten: each goes over all pixels, though it may take ten bytes."""

MAX_TEXT_BYTES = 1 << 20
"""Of the texts in a PNG, unpacked."""

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""In a JPEG: the start of a segment, which is not data of pixels."""


def read_picture(path: Path | str, reading: Reading) -> NDArray[np.uint8]:
    """The picture in the file `path`, as `decode_picture` gives it.

    Raises:
        DataError: it is no regular file, cannot be read, or as `decode_picture` says.
    """
    try:
        return decode_picture(BytesIO(_content(path)), str(path), reading)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _content(path: Path | str) -> bytes:
    """The bytes of a regular file; what is none is not waited for."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path}: is no regular file, expected a picture; remove it")
        if status.st_size > MAX_FILE_BYTES:
            raise DataError(
                f"{path}: {status.st_size:,} bytes, expected a picture of at most {MAX_FILE_BYTES:,};"
                " shrink it"
            )
        content = os.read(handle, status.st_size)
        while len(content) < status.st_size and (more := os.read(handle, status.st_size - len(content))):
            content += more
        return content
    finally:
        os.close(handle)


class TooManyPixels(DataError):  # noqa: N818 - it is caught by what it says
    """A picture that declares more pixels than are allowed."""


def decode_picture(
    file: IO[bytes], where: str, reading: Reading, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """The encoded picture in `file`, uint8 (H, W, C): its first frame, upright; C 1 for grey, 3 for colour.

    Transparent pixels lie on the background of `reading`; of 16 bits the upper eight count. Errors call it
    `where`.

    Raises:
        TooManyPixels: its header declares more than `max_pixels`; nothing of it was decoded.
        DataError: it is no picture of a known format, or damaged.
    """
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > max_pixels:
                raise TooManyPixels(
                    f"{where}: {height}x{width} pixels, expected at most {max_pixels:,} in all; shrink it"
                )
            if picture.format in {"JPEG", "MPO"}:
                _check_scans(file, where)
            if picture.format == "TIFF":
                _check_tiles(picture, where, max_pixels)
            return fitted(flattened(picture, reading.brightness), reading)
    except DataError:
        raise
    except Exception as error:  # a decoder may raise anything over what a hostile file says
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(where, error) from error


def _check_scans(file: IO[bytes], where: str) -> None:
    place = file.tell()
    file.seek(0)
    scans = _scans(file.read())
    file.seek(place)
    if scans > MAX_SCANS:
        raise DataError(f"{where}: a JPEG of more than {MAX_SCANS} scans; save it anew")


def _scans(content: bytes) -> int:
    """How often the first picture in a JPEG file goes over its pixels; counting ends after too many."""
    scans, place = 0, 0
    while scans <= MAX_SCANS and (found := _MARKER.search(content, place)):
        place, kind = found.end(), found[1]
        if kind == b"\xd9":  # the picture's end; what follows is another, or no picture
            break
        if kind not in {b"\xd8", b"\x01"}:  # all others say how long they are
            scans += kind == b"\xda"
            place += max(2, int.from_bytes(content[place : place + 2], "big"))
    return scans


def _check_tiles(picture: Image.Image, where: str, max_pixels: int) -> None:
    """Tiles are decoded whole, however little of them is in the picture."""
    tags = getattr(picture, "tag_v2", {})
    width, height = tags.get(322, 0), tags.get(323, 0)
    if width * height > max_pixels:
        raise TooManyPixels(
            f"{where}: tiles of {height}x{width} pixels, expected at most {max_pixels:,}; save it anew"
        )


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Pillow warns of what `read_picture` refuses or mends anyhow, and unpacks 64 MiB of text in a picture.

    Both are settings of the whole process; they are as before after the block.
    """
    kept = PngImagePlugin.MAX_TEXT_MEMORY
    PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_BYTES
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        PngImagePlugin.MAX_TEXT_MEMORY = kept


def _damaged(where: str, error: Exception) -> DataError:
    said = " ".join(str(error).split()).replace(where, "it")[:120] or type(error).__name__
    if "<_io." in said:  # Pillow names the open file
        said = "of no known format"
    return DataError(
        f"{where}: no picture that can be read ({said}); expected {', '.join(FORMATS)}: mend or remove it"
    )
