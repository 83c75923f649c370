"""What gossamer wrote into a data set's folder: studies, exports and lists are no part of the data."""

from pathlib import Path

from gossamer.data.litter import is_litter

_STUDY = ("study.toml", "journal.db")
_WRITTEN = frozenset({".toml", ".db", ".csv", ".html", ".safetensors", ".onnx", ".c", ".h"})
_BESIDE = frozenset({".json", ".py", ".md", ".txt", ".log", ".db-wal", ".db-shm"})
_DEPTH = 4
"""Of folders within folders that are looked into: runs/, a study, its export/, a kind of export."""


def is_output(folder: Path) -> bool:
    """Whether `folder` is a study's, or has nothing in it but such files as gossamer writes, some of its own.

    A class's folder is none: pictures have other suffixes.
    """
    if all((folder / name).is_file() for name in _STUDY):
        return True
    suffixes = _suffixes(folder, _DEPTH)
    return suffixes is not None and not suffixes.isdisjoint(_WRITTEN)


def _suffixes(folder: Path, depth: int) -> set[str] | None:
    """Those of all files in `folder` and below; None once there is one that gossamer does not write."""
    found: set[str] = set()
    for each in folder.iterdir():
        if is_litter(each.name):
            continue
        if each.is_dir():
            below = _suffixes(each, depth - 1) if depth > 0 and not each.is_symlink() else None
        elif (suffix := each.suffix.lower()) in _WRITTEN | _BESIDE:
            below = {suffix}
        else:
            below = None
        if below is None:
            return None
        found |= below
    return found
