"""A data set: images to learn from, and test images under seal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gossamer.data.difference_hash import difference_hashes
from gossamer.data.images import LabelledImages
from gossamer.data.origins import Origin
from gossamer.errors import DataError

T = TypeVar("T", bound=np.generic)


class SealedImages:
    """Test images that only `gossamer.evaluation` unseals; all else sees their number and content hashes."""

    def __init__(self, images: LabelledImages) -> None:
        self.__images = images

    def __len__(self) -> int:
        return len(self.__images)

    def __repr__(self) -> str:
        return f"<sealed: {self.__images!r}>"

    @property
    def fingerprint(self) -> str:
        """The images' fingerprint; it tells nothing about how a model does on them."""
        return self.__images.fingerprint

    @property
    def shape(self) -> tuple[int, int, int]:
        """An image's (H, W, C)."""
        return self.__images.shape

    @cached_property
    def digests(self) -> NDArray[np.uint8]:
        """The images' content digests, uint8 (N, 16), sorted: the images' order would tell their labels."""
        digests = self.__images.digests
        return _sorted(digests.view(">u8")).view(np.uint8)

    @cached_property
    def difference_hashes(self) -> NDArray[np.uint64]:
        """The images' difference hashes, (N, 4), sorted for the same reason."""
        return _sorted(difference_hashes(self.__images.images))

    def listing(self) -> list[tuple[Origin, str]]:
        """Where the source has every image, and its class's name, in the source's order.

        For `split_lists` alone: another tool can be compared only on the same test images. It tells no more
        than the source does to whoever has it, and shows no pixel, so that nothing here is scored with it.
        """
        return self.__images.listing()

    def fitted(
        self,
        fit: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda pixels: pixels,
        classes: tuple[str, ...] | None = None,
    ) -> "SealedImages":
        """The same images, still sealed, with their pixels (N, H, W, C) made into `fit` of them.

        `classes` is the order of the classes, as `LabelledImages.matched` takes it.
        """
        images = self.__images
        made = LabelledImages.from_arrays(fit(images.images), images.labels, images.classes, images.origins)
        return SealedImages(made if classes is None else made.matched(classes))

    def unseal(self) -> LabelledImages:
        """The images themselves; called in `gossamer.evaluation` alone, after the opening is on record."""
        return self.__images


@dataclass(frozen=True)
class Dataset:
    """A named pair of training images and sealed test images of the same shape and classes.

    `notes` are what a person should be told of how it was read, a line each; `background` is what its
    pictures were laid on, one of `reading.BACKGROUNDS`, and `padded` whether most of them were padded, too.
    """

    name: str
    train: LabelledImages
    test: SealedImages
    notes: tuple[str, ...] = ()
    background: str = "black"
    padded: bool = False

    def __post_init__(self) -> None:
        self.train.check_classes(self.name)
        if self.train.shape != self.test.shape:
            raise DataError(
                f"{self.name}: training images are {self.train.shape} and test images {self.test.shape};"
                " both must have the same height, width and channels"
            )

    def matched(self, classes: tuple[str, ...]) -> "Dataset":
        """The same data set with its classes in the order of `classes`; unchanged if those are other names.

        Models answer by place, so that this is how the classes of a model and of a data set are matched.
        """
        if self.train.classes == classes:
            return self
        return replace(self, train=self.train.matched(classes), test=self.test.fitted(classes=classes))

    def _repr_html_(self) -> str:
        from gossamer.data.preview import dataset_html  # noqa: PLC0415 - for notebooks alone

        return dataset_html(self)


def _sorted(rows: NDArray[T]) -> NDArray[T]:
    """The rows of a two-dimensional array in rising order, the first column first; read-only."""
    ordered = rows[np.lexsort(rows.T[::-1])]
    ordered.flags.writeable = False
    return ordered
