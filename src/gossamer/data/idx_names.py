"""Finds the four files of an MNIST-like data set in a folder by their names.

MNIST, Fashion-MNIST and KMNIST have train-images-idx3-ubyte and so on; EMNIST has several data sets in one
folder, with prefixes: emnist-letters-train-images-idx3-ubyte. "t10k" and "test" mean the same, and so do
"-idx3" and ".idx3". Each file may be gzipped, or in a folder of that name, as some archives are unpacked.
"""

import re
from pathlib import Path

from gossamer.data.litter import is_litter
from gossamer.errors import DataError

PARTS = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
"""The four files and their numbers of dimensions."""

_NAME = re.compile(
    r"(?:(?P<family>.+)-)?(?P<set>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte(?P<gz>\.gz)?"
)


def file_name(part: str) -> str:
    """The usual file name of one of `PARTS`, gzipped."""
    return f"{part}-idx{PARTS[part]}-ubyte.gz"


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with such a file, or a folder and the prefix of such files."""
    if path.is_dir():
        return bool(_families(_home(path)))
    return path.name in _families(path.parent) if path.parent.is_dir() and not path.exists() else False


def find_parts(path: Path) -> dict[str, Path]:
    """The path of each of `PARTS`; `path` is a folder, or a folder and a prefix. No file is opened.

    A folder with one subfolder of such files (torchvision's raw/) stands for the subfolder.

    Raises:
        DataError: there is no such folder, it holds several data sets, or a file is missing or not a file.
    """
    try:
        if path.is_dir():
            path = _home(path)
            families = _families(path)
            if len(families) > 1:
                names = sorted(path / family if family else path for family in families)
                raise DataError(
                    f"{path}: holds several data sets; name one of them, as in {names[-1]}"
                    f" ({', '.join(name.name for name in names)})"
                )
            return {part: _find(path, next(iter(families), ""), part) for part in PARTS}
        if recognises(path):
            return {part: _find(path.parent, path.name, part) for part in PARTS}
        found = "a file" if path.exists() else "nothing"
        raise DataError(f"{path}: expected a folder of the four IDX files, found {found} there")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error


def _home(path: Path) -> Path:
    """The one folder below `path` that has the files, if `path` itself has none."""
    if _families(path):
        return path
    below = [
        each
        for each in path.iterdir()
        if each.is_dir() and not is_litter(each.name) and not each.is_symlink() and _families(each)
    ]
    return below[0] if len(below) == 1 else path


def _families(folder: Path) -> set[str]:
    return {match["family"] or "" for _, match in _matches(folder)}


def _find(folder: Path, family: str, part: str) -> Path:
    found = [
        path
        for path, match in _matches(folder)
        if (match["family"] or "") == family
        and f"{match['set'].replace('test', 't10k')}-{match['kind']}" == part
    ]
    if not found:
        usual = f"{family}-{file_name(part)}" if family else file_name(part)
        raise DataError(
            f"{folder}: {usual} is missing (nor is it there without .gz); put it beside the others"
        )
    # .gz first: downloads are .gz files, and must not be hidden by a damaged raw file
    path = min(found, key=lambda path: (not path.is_file(), path.suffix != ".gz", path.name))
    if not path.is_file():
        found_there = "a folder" if path.is_dir() else "not a regular file"
        raise DataError(f"{path}: is {found_there}, expected an IDX file; put the file itself there")
    return path


def _matches(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    """The files in `folder` with such names, and those in subfolders with such names."""
    found = []
    for path, match in _named(folder):
        inside = [each for each in _named(path) if each[0].is_file()] if path.is_dir() else []
        found += inside or [(path, match)]
    return found


def _named(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    return [
        (path, match)
        for path in folder.iterdir()
        if not is_litter(path.name) and (match := _NAME.fullmatch(path.name))
    ]
