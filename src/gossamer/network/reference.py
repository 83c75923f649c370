"""A graph in NumPy, in double precision: the meaning of every op, which the backends are compared with."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gossamer.network.graph import IMAGE, Graph, Node
from gossamer.network.model import Model
from gossamer.network.ops import Add, AveragePool, Convolution, Dense, MaxPool, Mean, Op, Relu

Floats = NDArray[np.float64]
"""Maps (N, C, H, W); logits (N, classes)."""

Weights = Mapping[str, NDArray[Any]]
"""By the parameter's name within the node: "weight", "bias"."""


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


def windows_of(maps: Floats) -> Floats:
    """The 2 x 2 windows (N, C, H / 2, W / 2, 4) of maps (N, C, H, W), without an odd last row or column."""
    n, channels, height, width = maps.shape
    even = maps[:, :, : height // 2 * 2, : width // 2 * 2]
    pairs = even.reshape(n, channels, height // 2, 2, width // 2, 2)
    return pairs.swapaxes(3, 4).reshape(n, channels, height // 2, width // 2, 4)


FUNCTIONS: dict[type[Op], Callable[..., Floats]] = {
    Convolution: lambda w, x: convolve(x, w["weight"]) + w["bias"][:, None, None],
    Relu: lambda _, x: np.maximum(x, 0),
    MaxPool: lambda _, x: windows_of(x).max(axis=4),
    AveragePool: lambda _, x: windows_of(x).mean(axis=4),
    Mean: lambda _, x: x.mean(axis=(2, 3), keepdims=True),
    Add: lambda _, x, y: x + y,
    Dense: lambda w, x: x.reshape(len(x), -1) @ w["weight"].T + w["bias"],
}
"""An op's function of its weights and its inputs."""


def node_values(graph: Graph, weights: Weights, images: Floats) -> Iterator[tuple[Node, Floats]]:
    """Every node with the value that it makes of scaled images (N, C, H, W); the last one are the logits."""
    values = {IMAGE: images}
    for node in graph.nodes:
        own = {array.name.rpartition(".")[2]: weights[array.name].astype(np.float64) for array in node.arrays}
        values[node.name] = FUNCTIONS[type(node.op)](own, *(values[name] for name in node.inputs))
        yield node, values[node.name]


def model_values(model: Model, images: NDArray[np.uint8]) -> Iterator[tuple[Node, Floats]]:
    """Every node of a model with the value that it makes of images (N, H, W, C)."""
    low, high = model.scaling.minimum, model.scaling.maximum
    scaled = (images.astype(np.float64).transpose(0, 3, 1, 2) - low) / (high - low)
    return node_values(model.network.graph, model.weights, np.ascontiguousarray(scaled))


def logits_of(model: Model, images: NDArray[np.uint8], *, batch: int = 250) -> Floats:
    """The logits (N, classes) of images (N, H, W, C)."""
    parts = []
    for start in range(0, len(images), batch):
        *_, (_, logits) = model_values(model, images[start : start + batch])
        parts.append(logits)
    return np.concatenate(parts)
