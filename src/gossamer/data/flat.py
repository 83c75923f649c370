"""Converts a decoded picture to upright, opaque grey or RGB with 8 bits per channel."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageOps

_UNTURNED = {"PNG", "BMP", "GIF"}
_TURNING = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}
"""Where pictures of these formats may say that they are rotated."""

_GREY = {"1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N"}
_KEY_SCALE = {"L;2": 85, "L;4": 17}
"""Factor by which Pillow scales grey pixels of fewer bits (but not the transparent value)."""

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
"""Tags of a TIFF."""


def flattened(picture: Image.Image, background: int) -> Image.Image:
    """The picture, not loaded yet, upright and in mode "L" or "RGB".

    Transparent pixels are blended with grey of brightness `background`, 0 to 255. Of more than 8 bits the
    upper 8 are kept. (The transparent colour of a 16-bit RGB picture is compared in 8 bits, too: Pillow has
    no mode that holds more.)

    Raises:
        ValueError: its pixels are fractions or have 32 bits.
    """
    raw, tags = _raw_mode(picture), dict(getattr(picture, "tag_v2", {}))  # the conversions below lose them
    picture.load()
    if picture.mode in {"I", "F"}:
        raise ValueError(
            f"its pixels are {'whole numbers of 32 bits' if picture.mode == 'I' else 'fractions'}"
        )
    mode = "L" if picture.mode in _GREY or raw == "LA;16B" else "RGB"
    picture = _upright(picture)
    if picture.mode.startswith("I;16"):
        picture = _of_8_bits(picture, tags)
    elif "transparency" in picture.info:
        picture.info["transparency"] = _key(picture.info["transparency"], raw)
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", over.size, (background,) * 3 + (255,)), over)
    return picture if picture.mode == mode else picture.convert(mode)


def _raw_mode(picture: Image.Image) -> str:
    """How the file stores its pixels, in Pillow's words."""
    tiles = getattr(picture, "tile", ())
    stored = tiles[0][3] if tiles else ""
    return str(stored[0] if isinstance(stored, tuple) and stored else stored)


def _upright(picture: Image.Image) -> Image.Image:
    """The picture, rotated upright. Only formats that may be rotated are checked: it takes time."""
    if picture.format in _UNTURNED and not _TURNING & picture.info.keys():
        return picture
    return ImageOps.exif_transpose(picture)


def _of_8_bits(picture: Image.Image, tags: Mapping[int, Any]) -> Image.Image:
    """A grey picture of 9 to 16 bits as "L", or as "LA" if one value is transparent."""
    values, (bits, *_) = np.asarray(picture), tags.get(_BITS_PER_SAMPLE, (16,))
    upper = (values >> (bits - 8)).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        upper = ~upper
    found, key = Image.fromarray(upper), picture.info.get("transparency")
    if key is not None:
        found.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return found


def _key(key: object, raw: str) -> object:
    """The transparent value of a picture in Pillow's scale, not the file's."""
    if isinstance(key, int):
        return key * _KEY_SCALE.get(raw, 1)
    if isinstance(key, tuple) and raw == "RGB;16B":
        return tuple(value >> 8 for value in key)
    return key
