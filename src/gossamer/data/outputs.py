"""Recognises gossamer's own output in the folder of a data set: studies, exports and lists are not data."""

from pathlib import Path

from gossamer.data.litter import is_litter

_STUDY = ("study.toml", "journal.db")
_WRITTEN = frozenset({".toml", ".db", ".csv", ".html", ".safetensors", ".onnx", ".c", ".h"})
_BESIDE = frozenset({".json", ".py", ".md", ".txt", ".log", ".db-wal", ".db-shm"})
_DEPTH = 4
"""Levels of folders that are searched: runs/, a study, its export/, a kind of export."""


def is_output(folder: Path) -> bool:
    """Whether `folder` is a study folder, or holds nothing but files that gossamer writes.

    The folder of a class is not: pictures have other suffixes.
    """
    if all((folder / name).is_file() for name in _STUDY):
        return True
    suffixes = _suffixes(folder, _DEPTH)
    return suffixes is not None and not suffixes.isdisjoint(_WRITTEN)


def _suffixes(folder: Path, depth: int) -> set[str] | None:
    """The kinds of all files in `folder` and below; None if one is not written by gossamer."""
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
