"""A picture of any mode, made plain: every PNG colour type and bit depth, TIFF, WebP and GIF.

Two rows of three pixels, of which two are transparent; EXIF's orientation 6 turns them clockwise.
"""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gossamer.data import Reading, decode_picture
from tests.data.hostile.pictures import chunk

PALETTE = bytes((0, 0, 0, 255, 255, 255))
GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), INDEXED: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
KINDS = [(colour, bits) for colour, depths in DEPTHS.items() for bits in depths]
KEY_AND_REST = [[1, 0, 0], [0, 0, 1]]
"""Which pixels are transparent (1), in the picture as it is stored."""


def packed(numbers: list[int], bits: int) -> bytes:
    text = "".join(f"{number:0{bits}b}" for number in numbers)
    return int(text.ljust(-len(text) // 8 * -8, "0"), 2).to_bytes(-(-len(text) // 8), "big")


def png(colour: int, bits: int, *, dark: bool, orientation: int = 1) -> bytes:
    """Transparent pixels of one kind (black if `dark`, else white) among opaque ones of the other."""
    top = 1 if colour == INDEXED else (1 << bits) - 1
    key, rest = (0, top) if dark else (top, 0)
    rows = []
    for row in KEY_AND_REST:
        numbers: list[int] = []
        for transparent in row:
            value, alpha = (key, 0) if transparent else (rest, (1 << bits) - 1)
            numbers += [value] * (3 if colour in {RGB, RGBA} else 1)
            numbers += [alpha] if colour in {GREY_ALPHA, RGBA} else []
        rows.append(b"\0" + packed(numbers, bits))
    exif = Image.Exif()
    exif[0x0112] = orientation
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, bits, colour, 0, 0, 0))]
    if colour == INDEXED:
        parts += [chunk(b"PLTE", PALETTE), chunk(b"tRNS", bytes((255 * (key != 0), 255 * (key == 0))))]
    elif colour in {GREY, RGB}:
        parts.append(chunk(b"tRNS", struct.pack(">H", key) * (3 if colour == RGB else 1)))
    parts += [chunk(b"eXIf", exif.tobytes()[6:]), chunk(b"IDAT", zlib.compress(b"".join(rows)))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def plain(content: bytes, background: str | None = None) -> Any:
    return decode_picture(BytesIO(content), "it", Reading(background=background))


@pytest.mark.parametrize(("colour", "bits"), KINDS)
@pytest.mark.parametrize("dark", [True, False])
def test_transparent_pixels_get_the_background(colour: int, bits: int, *, dark: bool) -> None:
    channels = 1 if colour in {GREY, GREY_ALPHA} else 3
    for background, brightness in ((None, 0), ("black", 0), ("white", 255)):
        rest = 255 if dark else 0
        expected = np.where(KEY_AND_REST, brightness, rest)[..., np.newaxis].repeat(channels, axis=2)
        assert plain(png(colour, bits, dark=dark), background).tolist() == expected.tolist()


@pytest.mark.parametrize(("colour", "bits"), KINDS)
def test_every_kind_of_png_is_rotated_upright(colour: int, bits: int) -> None:
    stored = plain(png(colour, bits, dark=True))
    for orientation, turned in ((6, np.rot90(stored, -1)), (3, np.rot90(stored, 2)), (2, stored[:, ::-1])):
        assert plain(png(colour, bits, dark=True, orientation=orientation)).tolist() == turned.tolist()


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


WIDE = (np.arange(6, dtype=np.uint16).reshape(2, 3) * 10_000)[..., np.newaxis]


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_of_any_depth_is_rotated(bits: int, compression: str | None) -> None:
    pixels = WIDE[..., 0] if bits == 16 else (WIDE[..., 0] >> 8).astype(np.uint8)
    content = saved(Image.fromarray(pixels), "TIFF", compression=compression, tiffinfo={274: 6})
    assert plain(content).tolist() == np.rot90(WIDE >> 8, -1).tolist()


def test_a_tiff_whose_zero_is_white_is_not_inverted() -> None:
    content = saved(Image.fromarray(WIDE[..., 0]), "TIFF", tiffinfo={262: 0})
    assert plain(content).tolist() == (255 - (WIDE >> 8)).tolist()


@pytest.mark.parametrize(
    ("kind", "options"), [("TIFF", {}), ("WEBP", {"lossless": True, "exact": True}), ("GIF", {})]
)
def test_other_formats_keep_their_transparency(kind: str, options: dict[str, Any]) -> None:
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[..., 3] = np.where(KEY_AND_REST, 0, 255)
    content = saved(Image.fromarray(pixels), kind, **options)
    assert not plain(content).any()
    assert plain(content, "white").tolist() == np.where(KEY_AND_REST, 255, 0)[..., None].repeat(3, 2).tolist()


def test_a_webp_is_rotated() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    content = saved(Image.fromarray(pixels), "WEBP", lossless=True, exif=exif)
    assert plain(content).tolist() == np.rot90(pixels, -1).tolist()
