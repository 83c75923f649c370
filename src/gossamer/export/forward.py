"""A network in NumPy, stage by stage: what calibration looks into, and what other forms are checked by."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gossamer.network import Convolution, Dense, GlobalAveragePool, MaxPool, Model, Stage

Floats = NDArray[np.float64]


def stage_outputs(model: Model, images: NDArray[np.uint8]) -> Iterator[tuple[Stage, Floats]]:
    """Every stage with its output for `images` (N, H, W, C): maps (N, C, H, W), at last logits."""
    scaling = model.scaling
    values = (images.astype(np.float64) - scaling.minimum) / (scaling.maximum - scaling.minimum)
    values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    for stage in model.network.stages:
        match stage.layer:
            case Convolution() | Dense():
                weight = model.weights[f"{stage.name}.weight"].astype(np.float64)
                bias = model.weights[f"{stage.name}.bias"].astype(np.float64)
                if isinstance(stage.layer, Convolution):
                    values = np.maximum(convolve(values, weight) + bias[:, None, None], 0)
                else:
                    values = values.reshape(len(values), -1) @ weight.T + bias
            case MaxPool():
                values = pool(values)
            case GlobalAveragePool():
                values = values.mean(axis=(2, 3), keepdims=True)
        yield stage, values


def logits_of(model: Model, images: NDArray[np.uint8], *, batch: int = 250) -> Floats:
    """The logits (N, classes) of images (N, H, W, C)."""
    parts = []
    for start in range(0, len(images), batch):
        *_, (_, logits) = stage_outputs(model, images[start : start + batch])
        parts.append(logits)
    return np.concatenate(parts)


def convolve(maps: Floats, weight: Floats) -> Floats:
    """Maps (N, C, H, W) under `weight` (C_out, C, K, K), padded with zeros to keep their size."""
    n, depth, height, width = maps.shape
    channels, _, kernel, _ = weight.shape
    reach = (kernel - 1) // 2
    padded = np.pad(maps, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
    windows = sliding_window_view(padded, (kernel, kernel), axis=(2, 3))  # (N, C, H, W, K, K)
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, depth * kernel * kernel)
    found = columns @ weight.reshape(channels, -1).T
    return np.ascontiguousarray(found.reshape(n, height, width, channels).transpose(0, 3, 1, 2))


def pool(maps: Floats) -> Floats:
    """The maximum of each 2 x 2 window of maps (N, C, H, W); an odd last row or column is left out."""
    n, channels, height, width = maps.shape
    even = maps[:, :, : height // 2 * 2, : width // 2 * 2]
    return np.asarray(even.reshape(n, channels, height // 2, 2, width // 2, 2).max(axis=(3, 5)))
