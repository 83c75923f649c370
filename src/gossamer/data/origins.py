"""Where an image is in its source, so that people and other tools can find it."""

import os
from pathlib import Path
from typing import NamedTuple


class Origin(NamedTuple):
    """A path, or a row counted from 0; origins are in the order of their source.

    Attributes:
        part: the array or file of the row; empty for a path, and if the source has only one.
        place: the path relative to the source's parent folder, as the system spells it; or the row.
    """

    part: str
    place: str | int

    def __str__(self) -> str:
        """As printable text; file names may hold bytes that are not text."""
        text = f"{self.part}, row {self.place}" if self.part else str(self.place)
        return text if text.isprintable() else ascii(text)[1:-1]


def path_below(path: Path, source: Path) -> str:
    """`path`, which is `source` or below it, relative to the parent folder of `source`."""
    home = Path(os.path.abspath(source)).parent  # noqa: PTH100 - links are not resolved
    return Path(os.path.abspath(path)).relative_to(home).as_posix()  # noqa: PTH100 - as above
