"""A folder of pictures with a subfolder for every class; train/ and test/ above them, or all in one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.images import LabelledImages
from gossamer.data.pictures import SUFFIXES, quiet_decoders, read_picture
from gossamer.data.reading import Reading
from gossamer.data.splits import hold_out_test
from gossamer.errors import DataError

MAX_BYTES = 4 << 30
"""Of all decoded images together."""

TRAIN, TEST, VALIDATION = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")
_LITTER = {"thumbs.db", "desktop.ini"}


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with a subfolder: what lies in it is looked at when it is read."""
    return path.is_dir() and any(True for _ in _folders(path))


def read_image_folder(folder: Path, reading: Reading) -> Dataset:
    """The data set in `folder`: a subfolder is a class, and its name the class's.

    With subfolders train/ and test/ (or val/), each holds the classes' folders; if all three are there, val/
    joins the training images, for a study validates by folds of its own. Else a fifth of each class becomes
    the test set.

    Raises:
        DataError: a file or folder is not what it must be, or images differ in size or channels.
    """
    try:
        _check_links(folder)
        with quiet_decoders():
            return _read(folder, reading)
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: cannot be looked into ({error.strerror or error})"
        ) from error


def _read(folder: Path, reading: Reading) -> Dataset:
    name, parts = folder.resolve().name, {each.name.lower(): each for each in _folders(folder)}
    train, test, validation = (
        next((parts[word] for word in words if word in parts), None) for words in (TRAIN, TEST, VALIDATION)
    )
    reader = _Reader(folder.resolve(), reading)
    if train is None:
        pictures = reader.pictures(folder, classes := _class_names([folder]))
        whole = _labelled(folder, pictures, classes)
        train_set, test_set = hold_out_test(whole)
        notes = [
            f"{folder} has no train/ and test/: {len(test_set):,} of {len(whole):,} images, a fifth of each"
            " class, are the test set"
        ]
        return Dataset(name, train_set, SealedImages(test_set), (*notes, *reader.notes()))
    if test is None and validation is None:
        raise DataError(
            f"{folder}: has {train.name}/ but neither test/ nor val/; add one, or move the classes up"
        )
    sources = [train, validation] if test is not None and validation is not None else [train]
    classes = _class_names(sources)
    unknown = [each for each in _class_names([test or validation or train]) if each not in classes]
    if unknown:
        raise DataError(f"{folder}: class {unknown[0]!r} has test images but no training images; add some")
    pictures = [picture for source in sources for picture in reader.pictures(source, classes)]
    sealed = reader.pictures(test or validation or train, classes)
    notes = [f"{validation}: its images join the training images"] if len(sources) > 1 else []
    if test is None:
        notes.append(f"{folder} has no test/: the images in {validation} are the test set")
    _check_alike([*pictures, *sealed])
    return Dataset(
        name,
        _labelled(folder, pictures, classes),
        SealedImages(_labelled(folder, sealed, classes)),
        (*notes, *reader.notes()),
    )


@dataclass(frozen=True, eq=False)
class _Picture:
    path: Path
    label: int
    pixels: NDArray[np.uint8]


class _Reader:
    """Reads pictures below a folder, and keeps what it had to leave out."""

    def __init__(self, root: Path, reading: Reading) -> None:
        self._root, self._reading = root, reading
        self._skipped: list[str] = []
        self._bytes = 0

    def pictures(self, part: Path, classes: Sequence[str]) -> list[_Picture]:
        """Every picture of the classes' folders in `part`; one beside them belongs to no class."""
        for path in sorted(_files(part)):
            if path.suffix.lower() in SUFFIXES and not path.is_dir():
                self._refuse(f"{path}: a picture beside the classes' folders; put it into one of them")
        files = [
            (path, classes.index(folder.name))
            for folder in sorted(_folders(part))
            for path in sorted(_files(folder))
        ]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # decoders let go of the interpreter
            found = pool.map(lambda each: self._picture(*each), files)
            return [picture for picture in map(self._kept, found) if picture is not None]

    def notes(self) -> list[str]:
        """What was left out, if anything."""
        if not self._skipped:
            return []
        shown = "; ".join(self._skipped[:10])
        return [f"{len(self._skipped):,} files left out: {shown}{'; ...' * (len(self._skipped) > 10)}"]

    def _refuse(self, reason: str) -> None:
        if not self._reading.skip_bad:
            raise DataError(reason)
        self._skipped.append(reason)

    def _picture(self, path: Path, label: int) -> _Picture | str:
        try:
            if path.is_symlink() and not _inside(path, self._root):
                raise DataError(
                    f"{path}: a link that leaves the folder or leads nowhere; put the picture itself there"
                )
            if path.is_dir() or path.suffix.lower() not in SUFFIXES:
                found = "a folder within a class" if path.is_dir() else "no picture by its name"
                raise DataError(f"{path}: is {found}, expected {', '.join(SUFFIXES)}; remove it")
            return _Picture(path, label, read_picture(path, self._reading))
        except DataError as error:
            if not self._reading.skip_bad:
                raise
            return str(error)

    def _kept(self, found: _Picture | str) -> _Picture | None:
        if isinstance(found, str):
            self._skipped.append(found)
            return None
        self._bytes += found.pixels.nbytes
        if self._bytes > MAX_BYTES:
            raise DataError(
                f"{self._root}: more than {MAX_BYTES:,} bytes of pixels; make the images smaller with --size"
            )
        return found


def _check_links(folder: Path) -> None:
    """See that no folder of the set, of a part or of a class, is a link to elsewhere."""
    root = folder.resolve()
    for part in _folders(folder):
        for each in (part, *_folders(part)):
            if each.is_symlink() and not _inside(each, root):
                raise DataError(f"{each}: a link that leaves the folder; put the folder itself there")


def _inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # nothing there, or a circle of links
        return False


def _labelled(folder: Path, pictures: Sequence[_Picture], classes: Sequence[str]) -> LabelledImages:
    _check_alike(pictures)
    counts = np.bincount([picture.label for picture in pictures], minlength=len(classes))
    if len(classes) < 2:
        raise DataError(
            f"{folder}: holds {len(classes)} class folders with pictures; at least two are needed"
        )
    if not pictures:
        raise DataError(f"{folder}: its class folders hold no pictures")
    if counts.min() == 0 and len(pictures):
        empty = classes[int(counts.argmin())]
        raise DataError(f"{folder}: the class {empty!r} has no pictures; add some, or remove its folder")
    return LabelledImages.from_arrays(
        np.stack([picture.pixels for picture in pictures]),
        np.array([picture.label for picture in pictures]),
        classes,
    )


def _check_alike(pictures: Sequence[_Picture]) -> None:
    for picture in pictures[1:]:
        first = pictures[0]
        if picture.pixels.shape != first.pixels.shape:
            sizes = picture.pixels.shape[:2] != first.pixels.shape[:2]
            raise DataError(
                f"{picture.path}: {_shape(picture)}, but {first.path} is {_shape(first)}; make them alike"
                f" with {'--size HxW' if sizes else '--channels 1 or --channels 3'}"
            )


def _shape(picture: _Picture) -> str:
    height, width, channels = picture.pixels.shape
    return f"{height}x{width} {'grey' if channels == 1 else 'RGB'}"


def _class_names(parts: Sequence[Path]) -> list[str]:
    """The classes' names in the order of their labels: numbers by value, everything else by name."""
    names = {folder.name for part in parts for folder in _folders(part)}
    return sorted(names, key=lambda name: (0, int(name), name) if name.isdecimal() else (1, 0, name))


def _folders(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if not each.name.startswith(".") and each.is_dir())


def _files(folder: Path) -> Iterator[Path]:
    hidden = (".", "__MACOSX")
    return (
        each
        for each in folder.iterdir()
        if not each.name.startswith(hidden) and each.name.lower() not in _LITTER
    )
