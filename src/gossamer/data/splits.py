"""Splits of a training set as index arrays: k folds, one hold-out, a seeded subset.

The distinct images are split; duplicates (images with the same pixels) go to the side of the image that they
repeat, so that no validation image was trained on. Without duplicates this equals scikit-learn's plain split.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data.duplicates import first_occurrences
from gossamer.data.images import LabelledImages
from gossamer.errors import DataError
from gossamer.reprs import Summarized
from gossamer.seeds import derive_seed, stream

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Split(Summarized):
    """Two disjoint sets of rows, each in ascending order, which together hold all rows."""

    train: Index
    validation: Index


def folds(images: LabelledImages, *, count: int, stratified: bool, repeat: int, seed: str) -> list[Split]:
    """`count` shuffled folds; each image is a validation image in exactly one, the same as its duplicates.

    Args:
        images: the training set.
        count: how many folds, 2 to the number of distinct images.
        stratified: whether every fold keeps the classes' shares of the distinct images.
        repeat: the repetition's number; each has its own shuffle.
        seed: the study's seed.

    Raises:
        DataError: too few images, or too few of a class, for so many folds.
    """
    scheme, distinct = _scheme(stratified), _DistinctImages(images)
    if len(distinct) < count:
        raise DataError(
            f"{len(distinct)} {distinct.kind}images cannot make {count} folds; lower search.folds"
        )
    if stratified:
        distinct.check_smallest_class(count, f"{count} stratified folds", "lower search.folds")
    random = stream(derive_seed("folds", seed, images.fingerprint, scheme, count, repeat))
    from sklearn.model_selection import KFold, StratifiedKFold

    splitter = (StratifiedKFold if stratified else KFold)(count, shuffle=True, random_state=random)
    rows = np.empty((len(distinct), 0), np.uint8)  # a splitter looks at the number of rows only
    return [distinct.split(validation) for _, validation in splitter.split(rows, distinct.labels)]


def holdout(
    images: LabelledImages,
    *,
    validation: float,
    stratified: bool,
    seed: str,
    place: str = "final.validation",
) -> Split:
    """One shuffled split that keeps the share `validation`, in [0, 1), of the distinct images for validation.

    A share of 0 keeps none. `place` names the share in messages.

    Raises:
        DataError: too few images, or too few of a class, to have some on both sides.
    """
    if validation == 0:
        return Split(np.arange(len(images)), np.arange(0))
    scheme, distinct = _scheme(stratified), _DistinctImages(images)
    if stratified:
        distinct.check_smallest_class(2, "a stratified hold-out", "set search.stratified = false")
    kept = round(len(distinct) * validation)
    left = len(distinct) - kept
    least = len(images.classes) if stratified else 1
    if min(kept, left) < least:
        raise DataError(
            f"{place} = {validation} leaves {left} of {len(distinct)} {distinct.kind}images to"
            f" train on and {kept} to validate on; each side needs at least {least}"
        )
    random = stream(derive_seed("holdout", seed, images.fingerprint, scheme, repr(validation)))
    from sklearn.model_selection import train_test_split

    _, held = train_test_split(
        np.arange(len(distinct), dtype=np.int64),
        test_size=kept,
        shuffle=True,
        stratify=distinct.labels if stratified else None,
        random_state=random,
    )
    return distinct.split(held)


def subset(images: LabelledImages, *, size: int, seed: str) -> LabelledImages:
    """The first `size` images of a seeded shuffle (0 for all); a smaller subset lies within a larger one.

    Duplicates of a kept image may be left out. Images that are left out are not used at all.

    Raises:
        DataError: `size` exceeds the number of images.
    """
    if size == 0:
        return images
    if size > len(images):
        raise DataError(f"data.subset = {size}, but the training set has {len(images)} images")
    shuffled = stream(derive_seed("subset", seed, images.fingerprint)).permutation(len(images))
    return images.take(np.sort(shuffled[:size]))


def _scheme(stratified: bool) -> str:
    return "stratified" if stratified else "shuffled"


class _DistinctImages:
    """The distinct images of a set; one whose duplicates have several labels counts for the lowest label.

    Attributes:
        labels: of the distinct images, (len(self),).
        kind: "distinct " if the set has duplicates, else ""; for messages.
    """

    def __init__(self, images: LabelledImages) -> None:
        self._first = first_occurrences(images.digests)
        self._rows = np.flatnonzero(self._first == np.arange(len(images)))
        self._classes = images.classes
        self.labels = images.labels[self._rows]
        self.kind = "" if len(self._rows) == len(images) else "distinct "

    def __len__(self) -> int:
        return len(self._rows)

    def split(self, validation: Index) -> Split:
        """The split of all rows; the distinct images `validation` are held out with their duplicates."""
        held = np.zeros(len(self._first), bool)
        held[self._rows[validation]] = True
        held = held[self._first]
        return Split(np.flatnonzero(~held), np.flatnonzero(held))

    def check_smallest_class(self, needed: int, purpose: str, remedy: str) -> None:
        """Raise DataError if a class has fewer than `needed`."""
        counts = np.bincount(self.labels, minlength=len(self._classes))
        smallest = int(counts.argmin())
        if counts[smallest] < needed:
            raise DataError(
                f"class {self._classes[smallest]!r} has {counts[smallest]} {self.kind}training images, but"
                f" {purpose} needs at least {needed} of each class; add images or {remedy}"
            )
