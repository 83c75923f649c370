"""The MNIST family's file names: which file in a folder holds which part of which data set.

MNIST, Fashion-MNIST and KMNIST have train-images-idx3-ubyte and so on; EMNIST puts several data sets into one
folder, with their names before: emnist-letters-train-images-idx3-ubyte. "t10k" and "test" are one, and so are
"-idx3" and ".idx3"; each file may be gzipped, or lie in a folder of such a name, as archives are unpacked.
"""

import re
from pathlib import Path

from gossamer.data.litter import is_litter
from gossamer.errors import DataError

PARTS = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}
"""The four files, each with its number of dimensions."""

_NAME = re.compile(
    r"(?:(?P<family>.+)-)?(?P<set>train|t10k|test)-(?P<kind>images|labels)[-.]idx[13]-ubyte(?P<gz>\.gz)?"
)


def file_name(part: str) -> str:
    """The usual name of one of `PARTS`, gzipped."""
    return f"{part}-idx{PARTS[part]}-ubyte.gz"


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with a file of such a name, or one data set's name before files' names."""
    if path.is_dir():
        return bool(_families(_home(path)))
    return path.name in _families(path.parent) if path.parent.is_dir() and not path.exists() else False


def find_parts(path: Path) -> dict[str, Path]:
    """Where each of `PARTS` lies in the folder `path`, or beside it under the name `path`; nothing is opened.

    A folder with one subfolder of such files (torchvision's raw/) stands for that.

    Raises:
        DataError: there is no such folder, it holds several data sets, or a file is missing or no file.
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
        raise DataError(f"{path}: cannot be looked into ({error.strerror or error})") from error


def _home(path: Path) -> Path:
    """The one folder below `path` that has the files, where `path` itself has none."""
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
    # .gz first: a fetch writes .gz files, and a damaged raw file must not hide the good copy fetched for it
    path = min(found, key=lambda path: (not path.is_file(), path.suffix != ".gz", path.name))
    if not path.is_file():
        found_there = "a folder" if path.is_dir() else "no regular file"
        raise DataError(f"{path}: is {found_there}, expected an IDX file; put the file itself there")
    return path


def _matches(folder: Path) -> list[tuple[Path, re.Match[str]]]:
    """What is called like an IDX file in `folder`; in place of a folder, the files in it that are."""
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
