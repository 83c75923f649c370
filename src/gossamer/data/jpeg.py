"""A JPEG before it is decoded: how often it goes over its pixels, and at which fraction it may be decoded."""

import re
from typing import IO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from gossamer.errors import DataError

MAX_SCANS = 64
"""Of a progressive JPEG, which usually has ten: each goes over all pixels, though it may take ten bytes."""

LARGEST_REDUCTION = 16
"""How many times fewer pixels may be decoded than there are: a quarter of each side."""

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""The start of a segment, which is not data of pixels."""


def reduce(picture: Image.Image, most: int, file: IO[bytes]) -> None:
    """Have the JPEG `picture`, opened from `file`, decoded at half of its sides, or at a quarter.

    It is the largest of them of at most `most` pixels. One of several scans is never decoded at a quarter:
    its coefficients are held whole, whatever is made of them.
    """
    width, height = picture.size
    for by in (2,) if _scans(file, at_most=1) > 1 else (2, 4):
        if -(-width // by) * -(-height // by) <= most and isinstance(picture, JpegImageFile):
            picture.draft(None, (width // by, height // by))
            return


def check_scans(file: IO[bytes], where: str, pixels: int, held: int) -> None:
    """See that the JPEG in `file`, of so many `pixels`, does not go over them too often.

    Of more than `held` pixels it may have fewer scans, so that none takes longer to decode.

    Raises:
        DataError: it does.
    """
    most = MAX_SCANS * held // max(pixels, held)
    if _scans(file, at_most=most) > most:
        raise DataError(f"{where}: a JPEG of more than {most} scans; save it anew")


def _scans(file: IO[bytes], *, at_most: int) -> int:
    """How often the first picture in a JPEG file goes over its pixels; counting ends after too many."""
    start = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(start)
    scans, place = 0, 0
    while scans <= at_most and (found := _MARKER.search(content, place)):
        place, kind = found.end(), found[1]
        if kind == b"\xd9":  # the picture's end; what follows is another, or no picture
            break
        if kind not in {b"\xd8", b"\x01"}:  # all others say how long they are
            scans += kind == b"\xda"
            place += max(2, int.from_bytes(content[place : place + 2], "big"))
    return scans
