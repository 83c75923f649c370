"""Where a source has an image: what a person, or another tool, finds it by."""

import os
from pathlib import Path
from typing import NamedTuple


class Origin(NamedTuple):
    """A path, or a row counted from 0; origins are in the order of their source.

    Attributes:
        part: the array or file that the row is of; empty where the source has one alone, and for a path.
        place: the path, from the folder that holds the source, exactly as the system has it; or the row.
    """

    part: str
    place: str | int

    def __str__(self) -> str:
        """As text that can be written anywhere: a file's name need not be one."""
        text = f"{self.part}, row {self.place}" if self.part else str(self.place)
        return text if text.isprintable() else ascii(text)[1:-1]


def path_below(path: Path, source: Path) -> str:
    """`path`, which is `source` or lies in it, as seen from the folder that holds `source`."""
    home = Path(os.path.abspath(source)).parent  # noqa: PTH100 - links stay what they are called
    return Path(os.path.abspath(path)).relative_to(home).as_posix()  # noqa: PTH100
