"""A data set without a test set: a fifth of each class becomes the test set, and a note says so."""

import numpy as np

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.images import LabelledImages
from gossamer.data.splits import holdout
from gossamer.errors import DataError

TEST_SHARE = 0.2


def hold_out_test(name: str, images: LabelledImages, where: str, notes: tuple[str, ...] = ()) -> Dataset:
    """The data set `name`, split into training and test images.

    The split depends only on the images and on no seed, so that the test set never changes.

    Raises:
        DataError: a class has too few distinct images for both.
    """
    images.check_classes(where)
    try:
        split = holdout(images, validation=TEST_SHARE, stratified=True, seed="test set")
    except DataError as error:
        distinct = len(np.unique(images.digests, axis=0))
        said = f"{len(images):,} images" + (f", {distinct:,} of them distinct" * (distinct < len(images)))
        fewest = images.classes[int(images.class_counts.argmin())]
        raise DataError(
            f"{where}: {said}, the fewest ({images.class_counts.min()}) of class"
            f" {fewest!r}, are"
            " too few to hold a fifth of each class out as the test set; add images, or give a test set"
        ) from error
    train, test = images.take(split.train), images.take(split.validation)
    said = (
        f"{where} has no test images of its own: {len(test):,} of {len(images):,}, a fifth of each class, are"
        " the test set"
    )
    return Dataset(name, train, SealedImages(test), (said, *notes))
