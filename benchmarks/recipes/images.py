"""The images that recipes are tried on, each with a fixed split."""

import gzip
import pickletools
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gossamer.data import LabelledImages, Split, fashion_mnist, holdout
from gossamer.errors import DataError

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Material:
    """Training images with a fixed split, and in words what they are."""

    name: str
    images: LabelledImages
    split: Split


def fashion() -> Material:
    """Fashion-MNIST's training images, 6,000 of them held out."""
    images = fashion_mnist.load().train
    split = holdout(images, validation=0.1, stratified=True, seed="recipes")
    return Material("Fashion-MNIST, 54,000 training images, 6,000 held out", images, split)


def animals(wheel: Path) -> Material:
    """Animal-MNIST's 10,000 silhouettes (28x28, grey), a fifth of them held out, from its package's file.

    Its arrays are pickled. They are not unpickled: their bytes are the longest ones in each file.

    Raises:
        DataError: the file is not the package's.
    """
    try:
        with zipfile.ZipFile(wheel) as files:
            names = sorted(name for name in files.namelist() if name.endswith(".gz"))
            data, labels = (_longest_bytes(gzip.decompress(files.read(name))) for name in names)
        pixels = np.frombuffer(data, np.uint8).reshape(-1, 28, 28, 1)
        found = np.frombuffer(labels, "<i8").astype(np.int64)
        classes = [str(number) for number in range(int(found.max()) + 1)]
        images = LabelledImages.from_arrays(pixels, found, classes)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{wheel}: not the package animal-mnist ({error}); `pip download --no-deps animal-mnist` has it"
        ) from error
    split = holdout(images, validation=0.2, stratified=True, seed="recipes")
    return Material(f"Animal-MNIST, {len(split.train):,} and {len(split.validation):,} images", images, split)


def _longest_bytes(pickled: bytes) -> bytes:
    return max((arg for _, arg, _ in pickletools.genops(pickled) if isinstance(arg, bytes)), key=len)


DRAWN = {"ring": 900, "disc": 450, "square": 220, "cross": 110, "triangle": 55, "star": 25}
"""Training images of each class of drawings: 36 of the largest to one of the smallest."""
HELD_OUT = 4
"""Held-out drawings per training image."""
SIDE = 64


def drawings() -> Material:
    """RGB drawings of six uneven classes, of random place, size, turn and colours, over clutter and noise."""
    random = np.random.RandomState(20)
    pixels, labels, held = [], [], []
    for label, (shape, count) in enumerate(DRAWN.items()):
        for number in range(count * (1 + HELD_OUT)):
            pixels.append(_drawing(shape, random))
            labels.append(label)
            held.append(number >= count)
    images = LabelledImages.from_arrays(np.stack(pixels), np.array(labels, np.int64), list(DRAWN))
    # `from_arrays` puts the images into another order: the held-out ones are found by their pixels
    there = {pixel.tobytes() for pixel, is_held in zip(pixels, held, strict=True) if is_held}
    is_held = np.array([image.tobytes() in there for image in images.images])
    split = Split(np.flatnonzero(~is_held), np.flatnonzero(is_held))
    return Material(
        f"RGB drawings of 64x64, six classes of {min(DRAWN.values())} to {max(DRAWN.values())} training"
        f" images, {HELD_OUT} times as many held out",
        images,
        split,
    )


def _drawing(shape: str, random: np.random.RandomState) -> NDArray[np.uint8]:
    picture = Image.new("RGB", (SIDE, SIDE), tuple(random.randint(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(4):
        ends = random.randint(0, SIDE, 4).tolist()
        draw.line(ends, fill=tuple(random.randint(0, 256, 3).tolist()), width=int(random.randint(1, 4)))
    radius, turn = random.uniform(9, 20), random.uniform(0, 2 * np.pi)
    middle = random.uniform(radius, SIDE - radius, 2)
    fill = tuple(random.randint(0, 256, 3).tolist())
    box = [*(middle - radius), *(middle + radius)]
    if shape == "ring":
        draw.ellipse(box, outline=fill, width=max(3, int(radius / 3)))
    elif shape == "disc":
        draw.ellipse(box, fill=fill)
    else:
        draw.polygon(_corners(CORNERS[shape], middle, radius, turn), fill=fill)
    noisy = np.asarray(picture) + random.normal(0, 20, (SIDE, SIDE, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _star(points: int, inner: float) -> list[tuple[float, float]]:
    """Corners at radius 1 and `inner` in turn, as (radius, share of a turn)."""
    return [(1.0 if k % 2 == 0 else inner, k / (2 * points)) for k in range(2 * points)]


CORNERS: dict[str, list[tuple[float, float]]] = {
    "square": [(1.0, k / 4) for k in range(4)],
    "triangle": [(1.0, k / 3) for k in range(3)],
    "star": _star(5, 0.4),
    "cross": _star(4, 0.35),
}


def _corners(
    polar: Sequence[tuple[float, float]], middle: NDArray[np.float64], radius: float, turn: float
) -> list[tuple[float, float]]:
    angles = [(share, turn + 2 * np.pi * part) for share, part in polar]
    return [
        (middle[0] + radius * share * np.cos(angle), middle[1] + radius * share * np.sin(angle))
        for share, angle in angles
    ]


Opener = Callable[[], Material]
