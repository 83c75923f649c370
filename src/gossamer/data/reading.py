"""How images are read: the size and channels they are made into, and what becomes of bad files."""

import re
from dataclasses import dataclass

from gossamer.errors import SettingError

MAX_SIDE = 1024


@dataclass(frozen=True)
class Reading:
    """What every image is made into.

    Attributes:
        size: (H, W) to resize to, antialiased; None leaves images as they are.
        channels: 1 for grey, 3 for RGB; None leaves them as they are.
        skip_bad: whether files that are no pictures are left out, and said so, instead of refused.
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    skip_bad: bool = False


def parse_size(words: str) -> tuple[int, int] | None:
    """The size that "28x28" (H x W) names; None for an empty text.

    Raises:
        SettingError: it names none.
    """
    if not words:
        return None
    match = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})", words, re.ASCII)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= min(size) <= max(size) <= MAX_SIDE:
        raise SettingError(
            f"a size is height x width, as in 28x28, each 1 to {MAX_SIDE} pixels; got {words!r}"
        )
    return size
