"""A data set: images to learn from, and test images under seal."""

from dataclasses import dataclass

from gossamer.data.images import LabelledImages
from gossamer.errors import DataError


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

    def unseal(self) -> LabelledImages:
        """The images themselves; called in `gossamer.evaluation` alone, after the opening is on record."""
        return self.__images


@dataclass(frozen=True)
class Dataset:
    """A named pair of training images and sealed test images of the same shape and classes."""

    name: str
    train: LabelledImages
    test: SealedImages

    def __post_init__(self) -> None:
        if self.train.shape != self.test.shape:
            raise DataError(
                f"{self.name}: training images are {self.train.shape} and test images {self.test.shape};"
                " both must have the same height, width and channels"
            )
