"""A data set: training images, and sealed test images."""

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
    """Test images that only `gossamer.evaluation` unseals. Others see their number and content hashes."""

    def __init__(self, images: LabelledImages) -> None:
        self.__images = images

    def __len__(self) -> int:
        return len(self.__images)

    def __repr__(self) -> str:
        return f"<sealed: {self.__images!r}>"

    @property
    def fingerprint(self) -> str:
        """The images' fingerprint; it says nothing about how well a model does on them."""
        return self.__images.fingerprint

    @property
    def shape(self) -> tuple[int, int, int]:
        """An image's (H, W, C)."""
        return self.__images.shape

    @cached_property
    def digests(self) -> NDArray[np.uint8]:
        """The images' content digests, uint8 (N, 16), sorted: the images' order would reveal labels."""
        digests = self.__images.digests
        return _sorted(digests.view(">u8")).view(np.uint8)

    @cached_property
    def difference_hashes(self) -> NDArray[np.uint64]:
        """The images' difference hashes, (N, 4), sorted for the same reason."""
        return _sorted(difference_hashes(self.__images.images))

    def listing(self) -> list[tuple[Origin, str]]:
        """Every image's origin and class name, in the source's order.

        Only for `split_lists`: another tool can only be compared on the same test images. The listing says
        no more than the source itself, and holds no pixels, so nothing can be scored with it.
        """
        return self.__images.listing()

    def fitted(
        self,
        fit: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda pixels: pixels,
        classes: tuple[str, ...] | None = None,
    ) -> "SealedImages":
        """The same images, still sealed, with pixels `fit(pixels)` (N, H, W, C).

        `classes` is the order of the classes, as in `LabelledImages.matched`.
        """
        images = self.__images
        made = LabelledImages.from_arrays(fit(images.images), images.labels, images.classes, images.origins)
        return SealedImages(made if classes is None else made.matched(classes))

    def unseal(self) -> LabelledImages:
        """The images themselves. Only `gossamer.evaluation` may call this, after it has logged the access."""
        return self.__images


@dataclass(frozen=True)
class Dataset:
    """A named pair of training images and sealed test images of the same shape and classes.

    `notes` say in one line each how the data were interpreted. `background` lies behind transparent pixels:
    one of `reading.BACKGROUNDS`. `padded` says whether most pictures were padded with it.
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

        A model predicts class indices; this matches the order of a data set's classes to that of a model's.
        """
        if self.train.classes == classes:
            return self
        return replace(self, train=self.train.matched(classes), test=self.test.fitted(classes=classes))

    def _repr_html_(self) -> str:
        from gossamer.data.preview import dataset_html  # noqa: PLC0415 - only notebooks need it

        return dataset_html(self)


def _sorted(rows: NDArray[T]) -> NDArray[T]:
    """The rows of a two-dimensional array in lexicographic order; read-only."""
    ordered = rows[np.lexsort(rows.T[::-1])]
    ordered.flags.writeable = False
    return ordered
