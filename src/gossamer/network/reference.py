"""A graph in NumPy, in double precision: the meaning of every op, which the backends are compared with."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gossamer.network import ops
from gossamer.network.graph import IMAGE, Graph, Node
from gossamer.network.model import Model
from gossamer.network.ops import Op

Floats = NDArray[np.float64]
"""Maps (N, C, H, W); logits (N, classes)."""

Weights = Mapping[str, NDArray[Any]]
"""By the parameter's name within the node: "weight", "bias"."""


def kernel_windows(maps: Floats, op: ops.Kernels) -> Floats:
    """The windows (N, C, H, W, K, K) of maps (N, C, H, W), zeros around them, that outputs are made of."""
    padding = (op.padding, op.padding)
    padded = np.pad(maps, ((0, 0), (0, 0), padding, padding))
    windows = sliding_window_view(padded, (op.kernel, op.kernel), axis=(2, 3))
    return np.asarray(windows[:, :, :: op.stride, :: op.stride])


def convolve(maps: Floats, weight: Floats, op: ops.Convolution) -> Floats:
    """Maps (N, C, H, W) under `weight` (C_out, C, K, K)."""
    windows = kernel_windows(maps, op)
    n, depth, height, width = windows.shape[:4]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, depth * op.kernel * op.kernel)
    found = columns @ weight.reshape(op.channels, -1).T
    return np.ascontiguousarray(found.reshape(n, height, width, op.channels).transpose(0, 3, 1, 2))


def convolve_depthwise(maps: Floats, weight: Floats, op: ops.DepthwiseConvolution) -> Floats:
    """Maps (N, C, H, W), each channel under its own `weight` (C, 1, K, K)."""
    return np.asarray(np.einsum("nchwij,cij->nchw", kernel_windows(maps, op), weight[:, 0]))


def pool_windows(maps: Floats) -> Floats:
    """The 2 x 2 windows (N, C, H / 2, W / 2, 4) of maps (N, C, H, W), without an odd last row or column."""
    n, channels, height, width = maps.shape
    even = maps[:, :, : height // 2 * 2, : width // 2 * 2]
    pairs = even.reshape(n, channels, height // 2, 2, width // 2, 2)
    return pairs.swapaxes(3, 4).reshape(n, channels, height // 2, width // 2, 4)


def _per_channel(array: Floats) -> Floats:
    return array[:, None, None]


def _bias(weights: Weights) -> Floats | float:
    return _per_channel(weights["bias"]) if "bias" in weights else 0.0


def _norm(w: Weights, x: Floats) -> Floats:
    """By the running statistics, as in evaluation."""
    scale = w["weight"] / np.sqrt(w["running_var"] + ops.EPSILON)
    return (x - _per_channel(w["running_mean"])) * _per_channel(scale) + _per_channel(w["bias"])


FUNCTIONS: dict[type[Op], Callable[..., Floats]] = {
    ops.Convolution: lambda op, w, x: convolve(x, w["weight"], op) + _bias(w),
    ops.DepthwiseConvolution: lambda op, w, x: convolve_depthwise(x, w["weight"], op) + _bias(w),
    ops.Norm: lambda _, w, x: _norm(w, x),
    ops.Relu: lambda _, __, x: np.maximum(x, 0),
    ops.Relu6: lambda _, __, x: np.clip(x, 0, 6),
    ops.HardSwish: lambda _, __, x: x * np.clip(x + 3, 0, 6) / 6,
    ops.MaxPool: lambda _, __, x: pool_windows(x).max(axis=-1),
    ops.AveragePool: lambda _, __, x: pool_windows(x).mean(axis=-1),
    ops.Mean: lambda _, __, x: x.mean(axis=(2, 3), keepdims=True),
    ops.Add: lambda _, __, x, y: x + y,
    ops.Dense: lambda _, w, x: x.reshape(len(x), -1) @ w["weight"].T + w["bias"],
}
"""An op's function of itself, its weights and its inputs."""


def node_values(graph: Graph, weights: Weights, images: Floats) -> Iterator[tuple[Node, Floats]]:
    """Every node with the value that it makes of scaled images (N, C, H, W); the last one are the logits."""
    values = {IMAGE: images}
    for node in graph.nodes:
        own = {array.name.rpartition(".")[2]: weights[array.name].astype(np.float64) for array in node.arrays}
        values[node.name] = FUNCTIONS[type(node.op)](node.op, own, *(values[name] for name in node.inputs))
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
