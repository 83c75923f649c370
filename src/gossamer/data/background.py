"""The brightness at the edges of images: is an object bright on dark, or dark on bright?"""

import numpy as np
from numpy.typing import NDArray


def edge_brightness(images: NDArray[np.uint8]) -> int | None:
    """The median brightness at the edges of images (n, H, W, C), 0 to 255; None if n is 0."""
    return int(np.median(_edges(images))) if len(images) else None


def edge_brightnesses(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The brightness at the edges of each image, (n,): the upper median, which needs no full sort."""
    edges = _edges(images)
    middle = edges.shape[1] // 2
    return np.partition(edges, middle, axis=1)[:, middle].astype(np.float64)


def _edges(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All values on the edges of each image, (n, values)."""
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1)
