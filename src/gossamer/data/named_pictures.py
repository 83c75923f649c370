"""Pictures named on a command line: files, folders, patterns, and standard input."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.litter import is_litter
from gossamer.data.pictures import (
    MAX_FILE_BYTES,
    SUFFIXES,
    decode_picture,
    quiet_decoders,
    read_picture,
)
from gossamer.data.reading import Reading
from gossamer.errors import DataError
from gossamer.reprs import Summarized

STANDARD_INPUT = "-"


@dataclass(frozen=True, eq=False, repr=False)
class Brought(Summarized):
    """A named picture: its name, and its pixels uint8 (H, W, C) or the error."""

    name: str
    pixels: NDArray[np.uint8] | None
    error: str | None = None


def read_named(
    words: Sequence[str],
    prepare: Callable[[NDArray[np.uint8], str], NDArray[np.uint8]],
    *,
    reading: Reading,
    batch: int,
) -> Iterator[list[Brought]]:
    """The pictures that `words` name, in batches, read by `reading` and converted by `prepare`.

    A word is a file, a folder (its pictures, sorted by name), a pattern such as "*.png", or "-" for standard
    input. Litter in folders and patterns is skipped. A picture that cannot be read, or for which `prepare`
    raises DataError, comes with its error.
    """

    def read(name: str) -> Brought:
        try:
            return Brought(name, prepare(_read(name, reading), name))
        except DataError as error:
            return Brought(name, None, str(error))

    names = _names(words)
    with (
        quiet_decoders()
    ):  # no threads: decoders of small pictures hold the interpreter lock most of the time
        while group := list(islice(names, batch)):
            yield [read(name) for name in group]


def _names(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        path = Path(word)
        if word != STANDARD_INPUT and path.is_dir():
            inside = sorted(
                name
                for name in os.listdir(path)  # noqa: PTH208 - one Path per file of a large folder is slow
                if name.lower().endswith(SUFFIXES) and not is_litter(name)
            )
            if not inside:
                raise DataError(f"{word}: a folder without pictures ({', '.join(SUFFIXES)})")
            yield from (os.path.join(word, name) for name in inside)  # noqa: PTH118 - many
        elif has_magic(word) and not path.exists():
            yield from _matching(word) or [word]
        else:
            yield word


def _matching(pattern: str) -> list[str]:
    """The matching paths, without litter that the pattern does not name itself."""
    typed = set(Path(pattern).parts)
    return [
        found
        for found in sorted(glob(pattern, recursive=True))  # noqa: PTH207 - as typed
        if not any(is_litter(part) for part in Path(found).parts if part not in typed)
    ]


def _read(name: str, reading: Reading) -> NDArray[np.uint8]:
    if name == STANDARD_INPUT:
        content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise DataError(f"standard input: more than {MAX_FILE_BYTES:,} bytes; expected one picture")
        return decode_picture(BytesIO(content), "standard input", reading)
    return read_picture(name, reading)
