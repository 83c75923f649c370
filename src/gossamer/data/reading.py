"""How images are read: their size, channels and background, and what happens with bad files."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from gossamer.errors import SettingError

MAX_SIDE = 1024
BACKGROUNDS = {"black": 0, "white": 255}
"""Backgrounds of transparent pixels, and their brightness."""


@dataclass(frozen=True)
class Reading:
    """How every image is read.

    Attributes:
        size: (H, W) to resize to, antialiased; None leaves images as they are.
        channels: 1 for grey, 3 for RGB; None leaves them as they are.
        skip_bad: whether files that are not pictures are skipped with a note instead of refused.
        background: what lies behind transparent pixels, one of BACKGROUNDS; None for that of the model's
            training images, or black without a model.
        fitted_later: whether the caller resizes the pictures.
        on_padding: called for every picture that is padded, because its aspect ratio is another.

    Raises:
        SettingError: there is no such background.
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    skip_bad: bool = False
    background: str | None = None
    fitted_later: bool = False
    on_padding: Callable[[], object] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.background not in {None, *BACKGROUNDS}:
            raise SettingError(f"a background is {' or '.join(BACKGROUNDS)}; got {self.background!r}")

    @property
    def reducible(self) -> bool:
        """Whether pictures may be decoded at reduced size, because they are resized anyway."""
        return self.size is not None or self.fitted_later

    @property
    def brightness(self) -> int:
        """The background's brightness, 0 to 255."""
        return BACKGROUNDS[self.background or "black"]

    def on(self, background: str | None) -> "Reading":
        """The same reading with `background`, unless one is set."""
        return replace(self, background=self.background or background)


def parse_size(words: str) -> tuple[int, int] | None:
    """The size (H, W) that a text such as "28x28" means; None for an empty text.

    Raises:
        SettingError: it is not a size.
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
