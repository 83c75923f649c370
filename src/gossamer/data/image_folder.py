"""A folder of pictures with one subfolder per class, or with train/ and test/ that have such subfolders."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.dataset import Dataset
from gossamer.data.labels import class_order
from gossamer.data.links import leads_inside
from gossamer.data.litter import is_litter
from gossamer.data.origins import Origin, path_below
from gossamer.data.outputs import is_output
from gossamer.data.parts import TEST, TRAIN, VALIDATION, Parts, arrange
from gossamer.data.picture_set import WHOLE, Listed, PictureSet
from gossamer.data.pictures import SUFFIXES, read_picture
from gossamer.data.reading import Reading
from gossamer.errors import DataError


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with a subfolder; its content is checked when it is read."""
    return path.is_dir() and any(True for _ in _folders(path))


def read(path: Path, reading: Reading) -> Dataset:
    """The data set in the folder `path`: each subfolder is a class of that name (as `normal_name`).

    If there are subfolders train/ and test/ (or val/), they hold the classes' folders; `parts.arrange` says
    which is which. Otherwise, or if train/ itself holds pictures (and so is a class), a fifth of each class
    becomes the test set. A folder that holds only one such folder, as archives are often unpacked, stands
    for that folder.

    Raises:
        DataError: a file or folder is invalid, or images differ in size or channels.
        OSError: a folder cannot be read.
    """
    name, path = path.resolve().name, _home(path)
    root = path.resolve()
    _check_links(path, root)
    parts = _parts(path)
    folders = {name: path / name for name in parts.used} if parts else {WHOLE: path}
    pictures = PictureSet(str(path), reading)
    listed = {part: list(_listed(folder, path, reading, pictures)) for part, folder in folders.items()}
    classes = class_order(
        folder.name for part in (parts.train if parts else (WHOLE,)) for folder in _folders(folders[part])
    )
    return pictures.dataset(name, listed, parts, classes)


def _home(path: Path) -> Path:
    """The one folder below `path`, if it is not a part and holds folders; else `path`."""
    only, *others = _folders(path)
    if others or only.is_symlink() or only.name.lower() in {*TRAIN, *TEST, *VALIDATION}:
        return path
    return only if any(_folders(only)) else path


def _parts(path: Path) -> Parts | None:
    """The parts that the folders in `path` are; None unless one is for training and holds folders."""
    names = [folder.name for folder in _folders(path)]
    training = [path / name for name in names if name.lower() in TRAIN]
    return arrange(names, str(path)) if any(any(_folders(each)) for each in training) else None


def _listed(part: Path, source: Path, reading: Reading, pictures: PictureSet) -> Iterator[Listed]:
    """Every picture in the classes' folders of `part`. Pictures beside those folders have no class."""
    root = source.resolve()
    for path in sorted(_files(part)):
        if path.suffix.lower() in SUFFIXES and not path.is_dir():
            pictures.leave_out(f"{path}: a picture outside the classes' folders; put it into one of them")
    for folder in sorted(_folders(part)):
        for path in sorted(_files(folder)):
            origin = Origin("", path_below(path, source))
            yield Listed(str(path), origin, folder.name, partial(_read_inside, path, root, reading))


def _read_inside(path: Path, root: Path, reading: Reading) -> NDArray[np.uint8]:
    if path.is_symlink() and not leads_inside(path, root):
        raise DataError(
            f"{path}: a link that leaves the folder or leads nowhere; put the picture itself there"
        )
    if path.is_dir() or path.suffix.lower() not in SUFFIXES:
        found = "a folder within a class" if path.is_dir() else "not a picture by its name"
        raise DataError(f"{path}: is {found}, expected {', '.join(SUFFIXES)}; remove it")
    return read_picture(path, reading)


def _check_links(folder: Path, root: Path) -> None:
    """Check that no folder of a part or a class is a link out of the data set."""
    for part in _folders(folder):
        for each in (part, *_folders(part)):
            if each.is_symlink() and not leads_inside(each, root):
                raise DataError(f"{each}: a link that leaves the folder; put the folder itself there")


def _folders(folder: Path) -> Iterator[Path]:
    return (each for each in _files(folder) if each.is_dir())


def _files(folder: Path) -> Iterator[Path]:
    """The entries of `folder` (folders and links, too), without litter and gossamer's own output."""
    return (
        each
        for each in folder.iterdir()
        if not is_litter(each.name) and not (each.is_dir() and is_output(each))
    )
