"""Reads listed pictures and their class names into a data set."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.class_names import normal_name
from gossamer.cpus import usable_cpus
from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.held_out import hold_out_test
from gossamer.data.images import LabelledImages
from gossamer.data.labels import class_order
from gossamer.data.limits import MAX_BYTES
from gossamer.data.origins import Origin
from gossamer.data.parts import Parts
from gossamer.data.pictures import quiet_decoders
from gossamer.data.reading import BACKGROUNDS, Reading
from gossamer.errors import DataError
from gossamer.reprs import Summarized

WHOLE = ""
"""The name of the only part of a data set without parts."""


@dataclass(frozen=True, eq=False)
class Listed:
    """A picture: its name in errors, origin, class, and a function that reads it, uint8 (H, W, C)."""

    where: str
    origin: Origin
    label: str
    read: Callable[[], NDArray[np.uint8]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", normal_name(self.label))


@dataclass(frozen=True, eq=False, repr=False)
class _Picture(Summarized):
    where: str
    origin: Origin
    label: str
    pixels: NDArray[np.uint8]


class PictureSet:
    """Reads the pictures of the data set at `where`, and lists the files that it skips."""

    def __init__(self, where: str, reading: Reading) -> None:
        self._where, self._reading = where, reading
        self._skipped: list[str] = []
        self._bytes = 0

    def leave_out(self, reason: str) -> None:
        """Raise DataError(`error`), or list the file as skipped if the reading skips bad files."""
        if not self._reading.skip_bad:
            raise DataError(reason)
        self._skipped.append(reason)

    def dataset(
        self,
        name: str,
        listed: Mapping[str, Sequence[Listed]],
        parts: Parts | None,
        classes: Collection[str] | None = None,
    ) -> Dataset:
        """Read the data set.

        Args:
            name: its name.
            listed: the pictures by part; without `parts`, the only part is WHOLE.
            parts: the use of the parts.
            classes: the class names in the order of labels, each once; by default those of the training
                pictures in `class_order`.

        Raises:
            DataError: a picture cannot be read, or pictures or classes are missing or differ.
        """
        trained_on = [each for part in (parts.train if parts else (WHOLE,)) for each in listed[part]]
        names = class_order(each.label for each in trained_on) if classes is None else list(classes)
        sealed = listed[parts.test] if parts and parts.test else []
        for each in sealed:
            if each.label not in names:
                raise DataError(
                    f"{each.where}: a test image of the class {each.label!r}, which has no training images;"
                    " add some"
                )
        pictures, test_pictures = self._read(trained_on), self._read(sealed)
        self._check_alike([*pictures, *test_pictures])
        self._check_different([*pictures, *test_pictures])
        train = self._labelled(pictures, names)
        train.check_classes(self._where)
        if parts is None:
            return hold_out_test(name, train, self._where, self._notes())
        test = SealedImages(self._labelled(test_pictures, names))
        return Dataset(name, train, test, (*parts.notes, *self._notes()))

    def _read(self, listed: Iterable[Listed]) -> list[_Picture]:
        with (
            quiet_decoders(),
            ThreadPoolExecutor(usable_cpus()) as pool,
        ):  # decoders release the interpreter lock
            found = pool.map(self._picture, listed)
            return [picture for picture in map(self._kept, found) if picture is not None]

    def _picture(self, listed: Listed) -> _Picture | str:
        try:
            return _Picture(listed.where, listed.origin, listed.label, listed.read())
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
                f"{self._where}: more than {MAX_BYTES:,} bytes of pixels; make the images smaller with --size"
            )
        return found

    def _labelled(self, pictures: Sequence[_Picture], classes: Sequence[str]) -> LabelledImages:
        if not pictures:
            raise DataError(f"{self._where}: holds no pictures to train on, or none to test on; add some")
        labels = {name: label for label, name in enumerate(classes)}
        return LabelledImages.from_arrays(
            np.stack([picture.pixels for picture in pictures]),
            np.array([labels[picture.label] for picture in pictures]),
            classes,
            [picture.origin for picture in pictures],
        )

    def _check_alike(self, pictures: Sequence[_Picture]) -> None:
        for picture in pictures[1:]:
            first = pictures[0]
            if picture.pixels.shape != first.pixels.shape:
                sizes = picture.pixels.shape[:2] != first.pixels.shape[:2]
                raise DataError(
                    f"{picture.where}: {_shape(picture)}, but {first.where} is {_shape(first)}; make them"
                    " alike"
                    f" with {'--size HxW' if sizes else '--channels 1 or --channels 3'}"
                )

    def _check_different(self, pictures: Sequence[_Picture]) -> None:
        """Check that the pictures are not all equal, as black drawings on transparent black are."""
        first = pictures[0].pixels if pictures else None
        if first is None or len(pictures) < 2 or any((each.pixels != first).any() for each in pictures[1:]):
            return
        said = f"{self._where}: all {len(pictures):,} images came out the same"
        if (first != first[0, 0]).any():
            raise DataError(f"{said}, pixel for pixel; expected different ones in every class")
        laid_on = self._reading.background or "black"
        other = next(each for each in BACKGROUNDS if each != laid_on)
        raise DataError(
            f"{said}: every pixel is {first[0, 0].tolist()}. Transparent pixels become {laid_on}, and"
            f" so hide a drawing in {laid_on}; try --background {other}"
        )

    def _notes(self) -> tuple[str, ...]:
        """A note on skipped files, if there are any."""
        if not self._skipped:
            return ()
        shown = "; ".join(self._skipped[:10])
        return (f"{len(self._skipped):,} files left out: {shown}{'; ...' * (len(self._skipped) > 10)}",)


def _shape(picture: _Picture) -> str:
    height, width, channels = picture.pixels.shape
    return f"{height}x{width} {'grey' if channels == 1 else 'RGB'}"
