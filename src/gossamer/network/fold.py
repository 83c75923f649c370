"""Folding: every norm goes into the convolution before it, so that nothing but training ever meets one."""

from dataclasses import replace

import numpy as np

from gossamer.network.graph import Graph, Weights
from gossamer.network.ops import EPSILON, Convolution, DepthwiseConvolution, Norm


def fold_graph(graph: Graph) -> Graph:
    """The graph without its norms: a convolution before one gets a bias, and the norm's readers read it.

    Raises:
        ValueError: a norm does not alone follow a convolution.
    """
    folded, ops = _convolutions(graph), []
    for node in graph.nodes:
        if not isinstance(node.op, Norm):
            op = node.op
            if node.name in folded.values():
                assert isinstance(op, Convolution | DepthwiseConvolution)  # noqa: S101 - _convolutions saw to it
                op = replace(op, bias=True)
            ops.append((node.name, op, tuple(folded.get(name, name) for name in node.inputs)))
    return Graph.of(graph.input_shape, ops)


def fold_weights(graph: Graph, weights: Weights) -> Weights:
    """The weights of the folded graph: scaled in double precision, rounded once."""
    found = dict(weights)
    for norm, convolution in _convolutions(graph).items():
        gain, shift, mean, variance = (
            found.pop(f"{norm}.{name}").astype(np.float64)
            for name in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / np.sqrt(variance + EPSILON)
        weight, bias = found[f"{convolution}.weight"], found.get(f"{convolution}.bias", np.float32(0))
        found[f"{convolution}.weight"] = (weight * scale[:, None, None, None]).astype(np.float32)
        found[f"{convolution}.bias"] = (shift + (bias - mean) * scale).astype(np.float32)
    return {array.name: found[array.name] for array in fold_graph(graph).arrays}


def _convolutions(graph: Graph) -> dict[str, str]:
    """By norm, the convolution that it folds into."""
    nodes = {node.name: node for node in graph.nodes}
    found = {}
    for node in graph.nodes:
        if isinstance(node.op, Norm):
            before = nodes.get(node.inputs[0])
            if (
                before is None
                or not isinstance(before.op, Convolution | DepthwiseConvolution)
                or graph.readers[before.name] != [node]
            ):
                raise ValueError(f"{node.name} does not alone follow a convolution")
            found[node.name] = before.name
    return found
