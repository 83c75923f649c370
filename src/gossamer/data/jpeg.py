"""JPEGs before they are decoded: limits the number of scans, and decodes at reduced size."""

import re
from typing import IO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from gossamer.errors import DataError

MAX_SCANS = 64
"""Scans of a progressive JPEG; ten are usual. Each visits all pixels, although it may take ten bytes."""

LARGEST_REDUCTION = 16
"""The largest reduction of the number of pixels: a quarter of each side."""

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""The start of a segment other than pixel data."""


def reduce(picture: Image.Image, most: int, file: IO[bytes]) -> None:
    """Set the JPEG `picture`, opened from `file`, to be decoded at half or a quarter of its sides.

    The larger of the two with at most `most` pixels is used. A JPEG of several scans is never decoded at a
    quarter: all its coefficients are in memory anyway.
    """
    width, height = picture.size
    for by in (2,) if _scans(file, at_most=1) > 1 else (2, 4):
        if -(-width // by) * -(-height // by) <= most and isinstance(picture, JpegImageFile):
            picture.draft(None, (width // by, height // by))
            return


def check_scans(file: IO[bytes], where: str, pixels: int, held: int) -> None:
    """Check that the JPEG in `file`, of `pixels` pixels, does not have too many scans.

    With more than `held` pixels fewer scans are allowed, so that no picture takes longer to decode.

    Raises:
        DataError: it has too many.
    """
    most = MAX_SCANS * held // max(pixels, held)
    if _scans(file, at_most=most) > most:
        raise DataError(f"{where}: a JPEG of more than {most} scans; save it again")


def _scans(file: IO[bytes], *, at_most: int) -> int:
    """The number of scans of the first picture in a JPEG file; counting stops above `at_most`."""
    start = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(start)
    scans, position = 0, 0
    while scans <= at_most and (found := _MARKER.search(content, position)):
        position, kind = found.end(), found[1]
        if kind == b"\xd9":  # end of the picture; another may follow
            break
        if kind not in {b"\xd8", b"\x01"}:  # all other segments state their length
            scans += kind == b"\xda"
            position += max(2, int.from_bytes(content[position : position + 2], "big"))
    return scans
