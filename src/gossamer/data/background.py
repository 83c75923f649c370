"""Which way round light and dark are in images."""

import numpy as np
from numpy.typing import NDArray


def edge_brightness(images: NDArray[np.uint8]) -> int | None:
    """The usual brightness at the edges of images (n, H, W, C), 0 to 255; None where there is no image."""
    return int(np.median(_edges(images))) if len(images) else None


def edge_brightnesses(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Each image's own (n,): the upper median, which is found without sorting."""
    edges = _edges(images)
    middle = edges.shape[1] // 2
    return np.partition(edges, middle, axis=1)[:, middle].astype(np.float64)


def _edges(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All that lies on an edge of each image, (n, numbers)."""
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return np.concatenate([edge.reshape(len(images), -1) for edge in edges], axis=1)
