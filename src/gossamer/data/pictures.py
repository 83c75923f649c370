"""Pictures (PNG, JPEG, BMP, WebP, GIF, TIFF) as arrays, by Pillow; each is hostile until it is decoded."""

import os
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
from gossamer.data.jpeg import LARGEST_REDUCTION, check_scans, reduce
from gossamer.data.reading import Reading
from gossamer.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo"),
    *(".bmp", ".dib", ".webp", ".gif", ".tif", ".tiff"),
)
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 1 << 24
"""Of a picture that is held whole, as its header declares it; a JPEG that is made smaller may have more."""

_MAX_OPENED = MAX_PIXELS * LARGEST_REDUCTION
"""Of any picture that Pillow may open at all."""

MAX_TEXT_BYTES = 1 << 20
"""Of the texts in a PNG, unpacked."""


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
    file: IO[bytes], where: str, reading: Reading, max_pixels: int = MAX_PIXELS, held: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """The encoded picture in `file`, uint8 (H, W, C): its first frame, upright; C 1 for grey, 3 for colour.

    Transparent pixels lie on the background of `reading`; of 16 bits the upper eight count. Errors call it
    `where`.

    A JPEG of more than `held` pixels is decoded at a fraction of its size where `reading` makes it smaller.

    Raises:
        TooManyPixels: more than `max_pixels` would be decoded, as its header declares; nothing of it was.
        DataError: it is no picture of a known format, or damaged.
    """
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            jpeg = picture.format in {"JPEG", "MPO"}
            if jpeg and width * height > held and reading.reducible:
                reduce(picture, held, file)
            if picture.width * picture.height > max_pixels:
                hint = "ask for a size (--size, or --fit)" if jpeg and not reading.reducible else "shrink it"
                raise TooManyPixels(
                    f"{where}: {height}x{width} pixels, expected at most {max_pixels:,} in all; {hint}"
                )
            if jpeg:
                check_scans(file, where, width * height, held)
            if picture.format == "TIFF":
                _check_tiles(picture, where, max_pixels)
            return fitted(flattened(picture, reading.brightness), reading)
    except DataError:
        raise
    except Exception as error:  # a decoder may raise anything over what a hostile file says
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(where, error) from error


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

    It also refuses the largest cameras' JPEGs, which are decoded at a fraction here. These are settings of
    the whole process; they are as before after the block.
    """
    kept = PngImagePlugin.MAX_TEXT_MEMORY, Image.MAX_IMAGE_PIXELS
    PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_BYTES
    Image.MAX_IMAGE_PIXELS = _MAX_OPENED // 2  # of which Pillow warns; it refuses twice as many
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        PngImagePlugin.MAX_TEXT_MEMORY, Image.MAX_IMAGE_PIXELS = kept


def _damaged(where: str, error: Exception) -> DataError:
    said = " ".join(str(error).split()).replace(where, "it")[:120] or type(error).__name__
    if "<_io." in said:  # Pillow names the open file
        said = "of no known format"
    return DataError(
        f"{where}: no picture that can be read ({said}); expected {', '.join(FORMATS)}: mend or remove it"
    )
