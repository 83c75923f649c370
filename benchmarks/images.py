"""The images that are trained on: Fashion-MNIST's training set, or random ones that say so."""

from dataclasses import dataclass

import numpy as np

from gossamer.data import LabelledImages, fashion_mnist
from gossamer.errors import DataError

RANDOM_IMAGES = 60_000


@dataclass(frozen=True, eq=False)
class BenchmarkImages:
    """Images with their labels, and in words what they are."""

    images: LabelledImages
    source: str


def open_images(count: int = 0, *, random: bool = False) -> BenchmarkImages:
    """Fashion-MNIST's training images, or `count` of them spread over all classes (0 = all).

    Random images of the same size take their place where it cannot be had, or if asked for. They are no
    equal: ReLU and pool let through other shares of them.
    """
    if random:
        return _random(count, "asked for")
    try:
        images = fashion_mnist.load().train
    except DataError as error:
        return _random(count, f"Fashion-MNIST cannot be had: {error}")
    if count == 0:
        return BenchmarkImages(images, f"Fashion-MNIST, {len(images):,} training images")
    if count > len(images):
        raise DataError(f"--images {count}: there are {len(images)}")
    rows = np.linspace(0, len(images) - 1, count).astype(np.int64)  # they are in the labels' order
    return BenchmarkImages(images.take(rows), f"Fashion-MNIST, {count:,} of its training images")


def _random(count: int, reason: str) -> BenchmarkImages:
    count = count or RANDOM_IMAGES
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)
    labels = np.arange(count, dtype=np.int64) % len(fashion_mnist.CLASSES)
    images = LabelledImages.from_arrays(pixels, labels, fashion_mnist.CLASSES)
    return BenchmarkImages(images, f"RANDOM images, {count:,} of uint8 noise ({reason})")
