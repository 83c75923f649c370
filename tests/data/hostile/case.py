"""One case: a good source, spoiled."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hostile:
    """A case: `make` spoils the good source at a path, and the one line about it must hold `words`."""

    what: str
    make: Callable[[Path], object]
    words: str
