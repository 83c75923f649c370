"""Splits of a training set as index arrays: k folds, one hold-out, a seeded subset."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from gossamer.data.images import LabelledImages
from gossamer.errors import DataError
from gossamer.seeds import derive_seed, stream

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Two disjoint sets of rows, each rising, which together are all rows of the set."""

    train: Index
    validation: Index


def folds(images: LabelledImages, *, count: int, stratified: bool, repeat: int, seed: str) -> list[Split]:
    """`count` shuffled folds; each image is validated on exactly once.

    Args:
        images: the training set.
        count: how many folds, 2 to len(images).
        stratified: whether every fold keeps the classes' shares.
        repeat: the repetition's number; each shuffles anew.
        seed: the study's seed.

    Raises:
        DataError: too few images, or too few of a class, for so many folds.
    """
    scheme = _scheme(stratified)
    if len(images) < count:
        raise DataError(f"{len(images)} images cannot make {count} folds; lower search.folds")
    if stratified:
        _check_smallest_class(images, count, f"{count} stratified folds", "lower search.folds")
    random = stream(derive_seed("folds", seed, images.fingerprint, scheme, count, repeat))
    splitter = (StratifiedKFold if stratified else KFold)(count, shuffle=True, random_state=random)
    rows = np.empty((len(images), 0), np.uint8)  # a splitter looks at the number of rows only
    return [Split(train, validation) for train, validation in splitter.split(rows, images.labels)]


def holdout(images: LabelledImages, *, validation: float, stratified: bool, seed: str) -> Split:
    """One shuffled split that keeps the share `validation`, in (0, 1), for validation.

    Raises:
        DataError: too few images, or too few of a class, to have some on both sides.
    """
    scheme = _scheme(stratified)
    if stratified:
        _check_smallest_class(images, 2, "a stratified hold-out", "set search.stratified = false")
    kept = round(len(images) * validation)
    least = len(images.classes) if stratified else 1
    if kept < least or len(images) - kept < least:
        raise DataError(
            f"final.validation = {validation} leaves {len(images) - kept} of {len(images)} images to train on"
            f" and {kept} to validate on; each side needs at least {least}"
        )
    random = stream(derive_seed("holdout", seed, images.fingerprint, scheme, repr(validation)))
    train, held = train_test_split(
        np.arange(len(images), dtype=np.int64),
        test_size=kept,
        shuffle=True,
        stratify=images.labels if stratified else None,
        random_state=random,
    )
    return Split(np.sort(train), np.sort(held))


def subset(images: LabelledImages, *, size: int, seed: str) -> LabelledImages:
    """The first `size` images of a seeded shuffle (0 for all); a smaller subset lies within a larger one.

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


def _check_smallest_class(images: LabelledImages, needed: int, purpose: str, remedy: str) -> None:
    counts = images.class_counts
    smallest = int(counts.argmin())
    if counts[smallest] < needed:
        raise DataError(
            f"class {images.classes[smallest]!r} has {counts[smallest]} training images, but {purpose} needs"
            f" at least {needed} of each class; add images or {remedy}"
        )
