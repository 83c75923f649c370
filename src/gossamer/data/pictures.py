"""Decodes pictures (PNG, JPEG, BMP, WebP, GIF, TIFF) with Pillow. Files are not trusted."""

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
from gossamer.untrusted import file_bytes

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo"),
    *(".bmp", ".dib", ".webp", ".gif", ".tif", ".tiff"),
)
MAX_FILE_BYTES = 64 << 20
MAX_PIXELS = 1 << 24
"""Pixels of a picture, as its header declares; a JPEG that is decoded at reduced size may have more."""

_MAX_OPENED = MAX_PIXELS * LARGEST_REDUCTION
"""Pixels of any picture that Pillow may open."""

MAX_TEXT_BYTES = 1 << 20
"""Bytes of the texts in a PNG, decompressed."""


def read_picture(path: Path | str, reading: Reading) -> NDArray[np.uint8]:
    """The picture in the file `path`, decoded by `decode_picture`.

    Raises:
        DataError: it is not a regular file, cannot be read, or cannot be decoded.
    """
    try:
        return decode_picture(BytesIO(file_bytes(path, MAX_FILE_BYTES, "a picture")), str(path), reading)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


class TooManyPixels(DataError):  # noqa: N818 - named after its reason
    """A picture that declares more pixels than are allowed."""


def decode_picture(
    file: IO[bytes], where: str, reading: Reading, max_pixels: int = MAX_PIXELS, held: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """The picture in `file`, uint8 (H, W, C): its first frame, upright; C is 1 for grey, 3 for colour.

    Transparent pixels get the background of `reading`; of 16 bits the upper 8 are kept. A JPEG of more than
    `held` pixels is decoded at reduced size, if `reading` resizes it. Errors begin with `where`.

    Raises:
        TooManyPixels: its header declares more than `max_pixels` pixels to decode; nothing was decoded.
        DataError: its format is unknown, or it is damaged.
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
    except Exception as error:  # decoders raise many kinds of errors for hostile files
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(where, error) from error


def _check_tiles(picture: Image.Image, where: str, max_pixels: int) -> None:
    """Check the size of tiles: they are decoded as a whole, even if the picture is smaller."""
    tags = getattr(picture, "tag_v2", {})
    width, height = tags.get(322, 0), tags.get(323, 0)
    if type(width) is not int or type(height) is not int:  # tags may be texts, fractions or lists, too
        raise _damaged(where, ValueError("its tiles have no whole width and height"))
    if width * height > max_pixels:
        raise TooManyPixels(
            f"{where}: tiles of {height}x{width} pixels, expected at most {max_pixels:,}; save it again"
        )


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Silence Pillow's warnings, and set its limits for texts and pixels, while the block runs.

    Pillow warns of files that `read_picture` refuses or repairs anyway, decompresses up to 64 MiB of text,
    and refuses JPEGs of the largest cameras, which are decoded at reduced size here. These settings belong
    to the whole process; they are restored after the block.
    """
    kept = PngImagePlugin.MAX_TEXT_MEMORY, Image.MAX_IMAGE_PIXELS
    PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_BYTES
    Image.MAX_IMAGE_PIXELS = _MAX_OPENED // 2  # Pillow warns above this limit and refuses above twice of it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        PngImagePlugin.MAX_TEXT_MEMORY, Image.MAX_IMAGE_PIXELS = kept


def _damaged(where: str, error: Exception) -> DataError:
    said = " ".join(str(error).split()).replace(repr(where), "it")[:120] or type(error).__name__
    if "<_io." in said:  # Pillow's message would name the open file
        said = "of no known format"
    return DataError(
        f"{where}: not a readable picture ({said}); expected {', '.join(FORMATS)}: fix or remove it"
    )
