"""The images that entrants are given, each with fixed test images."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import gossamer
from benchmarks.recipes.images import Material, animals, drawings
from gossamer.data import Dataset, subset

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Images:
    """A data set, and the script's network for images of that size.

    Attributes:
        dataset: the images.
        widths: the channels of the script's convolutions, to be scaled; a pool stands between them.
    """

    dataset: Dataset
    widths: tuple[int, ...]

    @property
    def train(self) -> Part:
        """Training images (N, H, W, C) and labels (N,)."""
        return self.dataset.train.images, self.dataset.train.labels

    @property
    def test(self) -> Part:
        """Test images and labels. They score entrants that are no study."""
        unsealed = self.dataset.test.unseal()
        return unsealed.images, unsealed.labels

    @property
    def classes(self) -> int:  # noqa: D102
        return len(self.dataset.train.classes)

    @property
    def sizes(self) -> tuple[int, int]:
        """Channels and classes."""
        return self.dataset.train.shape[2], self.classes


def openers(wheel: Path | None) -> dict[str, Callable[[], Images]]:
    """What opens each; animals only where their package's file is."""

    def silhouettes() -> Images:
        assert wheel is not None  # noqa: S101 - not offered without it
        return _of(animals(wheel), (32, 64, 96))

    found = {
        "digits": lambda: Images(gossamer.load_data("digits"), (32, 64)),
        "Fashion-MNIST, 6,000 training images": _fashion,
        "drawings": lambda: _of(drawings(), (16, 32, 48, 64)),
    }
    return {**({"silhouettes": silhouettes} if wheel else {}), **found}


def _fashion() -> Images:
    dataset = gossamer.load_data("fashion-mnist")
    return Images(replace(dataset, train=subset(dataset.train, size=6_000, seed="auto")), (32, 64, 96))


def _of(material: Material, widths: tuple[int, ...]) -> Images:
    images, split = material.images, material.split
    train, test = images.take(split.train), images.take(split.validation)
    dataset = gossamer.dataset_from_arrays(
        train.images, train.labels, test.images, test.labels, images.classes, name=material.name.split(",")[0]
    )
    return Images(dataset, widths)
