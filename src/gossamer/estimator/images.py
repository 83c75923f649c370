"""What scikit-learn's arrays become: pixels, and labelled images in their canonical order."""

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import LabelledImages, channels_advice
from gossamer.network import Scaling, Values


def pixels_of(X: NDArray[Any], values: Values, scaling: Scaling) -> NDArray[np.uint8]:
    """The pixels of checked `X`, uint8 (N, H, W, C); the padding of flat rows is scaled to 0."""
    pixels = values.pixels(X)
    if pixels.ndim == 2:
        side = isqrt(pixels.shape[1] - 1) + 1
        padded = np.full((len(pixels), side * side), int(scaling.minimum), np.uint8)
        padded[:, : pixels.shape[1]] = pixels
        return padded.reshape(-1, side, side, 1)
    if pixels.ndim == 3:
        return pixels[..., np.newaxis]
    if pixels.ndim != 4 or pixels.shape[3] > 4:
        raise ValueError(
            f"X has the shape {X.shape}; expected (N, H, W), (N, H, W, C) with C 1 to 4, or (N, F)"
            f"{channels_advice(X.shape)}"
        )
    return pixels


def examples_of(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, weights: NDArray[np.float64] | None
) -> tuple[LabelledImages, NDArray[np.float64] | None]:
    """The images (N, H, W, C) with their labels in canonical order, and their weights (N,) in the same."""
    names = [str(label) for label in range(classes)]
    if weights is None:
        return LabelledImages.from_arrays(images, labels, names), None
    rows = np.argsort(weights, kind="stable")  # the order of equal images, which they keep
    examples = LabelledImages.from_arrays(images[rows], labels[rows], names)
    return examples, weights[rows][[int(origin.place) for origin in examples.origins]]
