"""Labelled images as a value: canonical order, content digests, one fingerprint.

Array dimensions: N images, H rows, W columns, C channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b, sha256
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gossamer.class_names import distinct_names
from gossamer.data.origins import Origin
from gossamer.errors import DataError

DIGEST_BYTES = 16
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False, repr=False)
class LabelledImages:
    """Images with their labels, ordered by label, then content digest.

    Because of this order, the same images read from different formats are equal, and so is everything that
    is computed from them. Build one with `from_arrays`.

    Attributes:
        images: uint8 (N, H, W, C), read-only.
        labels: int64 (N,), values 0 to len(classes) - 1, read-only.
        digests: uint8 (N, 16), BLAKE2b of each image's pixels.
        classes: the classes' names, in label order, all different and as `normal_name`.
        origins: where each image is in its source. They do not count: sets that differ only in origins are
            equal.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    digests: NDArray[np.uint8]
    classes: tuple[str, ...]
    origins: tuple[Origin, ...]

    @classmethod
    def from_arrays(
        cls,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        classes: Sequence[str],
        origins: Sequence[Origin] | None = None,
    ) -> "LabelledImages":
        """The canonical set of `images` uint8 (N, H, W, C) with `labels` (N,) in 0..len(classes) - 1.

        Without `origins`, an image's origin is its row in `images`.

        Raises:
            DataError: the arrays are invalid, or two classes have the same name.
        """
        if images.dtype != np.uint8 or images.ndim != 4:
            raise DataError(f"images must be uint8 (N, H, W, C); got {images.dtype} {images.shape}")
        if len(images) == 0:
            raise DataError("there are no images in the set; at least one is needed")
        if labels.shape != (len(images),):
            raise DataError(f"{len(images)} images need as many labels; got labels of shape {labels.shape}")
        if labels.min() < 0 or labels.max() >= len(classes):
            raise DataError(
                f"labels must lie in 0..{len(classes) - 1} ({len(classes)} classes);"
                f" got {labels.min()}..{labels.max()}"
            )
        names = distinct_names(classes)
        for name in names:
            if not name.isprintable():  # a line break, or bytes of a file name that are not text
                raise DataError(f"the class name {name!r} is not printable text; rename the class")
        images = np.ascontiguousarray(images)
        digests = np.frombuffer(
            b"".join(blake2b(image.data, digest_size=DIGEST_BYTES).digest() for image in images), np.uint8
        ).reshape(len(images), DIGEST_BYTES)
        # lexsort sorts by its last key first: by label, then by the digest's bytes from left to right
        words = digests.view(">u8")
        order = np.lexsort((words[:, 1], words[:, 0], labels))
        return cls(
            _frozen(images[order]),
            _frozen(labels[order].astype(np.int64)),
            _frozen(digests[order]),
            names,
            tuple(Origin("", row) if origins is None else origins[row] for row in order.tolist()),
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        height, width, channels = self.shape
        return f"<{len(self):,} images of {height}x{width}x{channels}, {len(self.classes)} classes>"

    @property
    def shape(self) -> tuple[int, int, int]:
        """An image's (H, W, C)."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    @property
    def class_counts(self) -> NDArray[np.int64]:
        """How many images each class has, (len(classes),)."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over shape, number of classes, labels and digests, without the classes' names."""
        digest = sha256(repr((self.shape, len(self.classes))).encode())
        digest.update(self.labels.astype("<i8").tobytes())
        digest.update(self.digests.tobytes())
        return digest.hexdigest()

    def check_classes(self, where: str) -> None:
        """Check that there are at least two classes, and images of each.

        Raises:
            DataError: there are not; its message begins with `where`.
        """
        if len(self.classes) < 2:
            raise DataError(f"{where}: holds images of one class alone; at least two classes are needed")
        if self.class_counts.min() == 0:
            empty = self.classes[int(self.class_counts.argmin())]
            raise DataError(
                f"{where}: the class {empty!r} has no images to train on; add some, or remove the class"
            )

    def matched(self, classes: tuple[str, ...]) -> "LabelledImages":
        """The same images with classes in the order of `classes`; unchanged if the names differ."""
        if self.classes == classes or sorted(self.classes) != sorted(classes):
            return self
        labels = np.array([classes.index(name) for name in self.classes])[self.labels]
        return LabelledImages.from_arrays(self.images, labels, classes, self.origins)

    def listing(self) -> list[tuple[Origin, str]]:
        """Every image's origin and class name, in the source's order."""
        names = (self.classes[label] for label in self.labels)
        return sorted(zip(self.origins, names, strict=True))

    def take(self, index: NDArray[np.int64]) -> "LabelledImages":
        """The images at `index` (strictly ascending, so that the order stays canonical)."""
        if len(index) > 1 and not np.all(np.diff(index) > 0):
            raise ValueError("index must be strictly ascending")
        return LabelledImages(
            _frozen(self.images[index]),
            _frozen(self.labels[index]),
            _frozen(self.digests[index]),
            self.classes,
            tuple(self.origins[row] for row in index),
        )


def _frozen(array: NDArray[T]) -> NDArray[T]:
    array.flags.writeable = False
    return array
