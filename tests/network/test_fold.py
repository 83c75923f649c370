"""Folding takes norms out of a network and changes no answer beyond rounding."""

import numpy as np
import pytest

from gossamer.network import IMAGE, Architecture, Graph, fold_graph, fold_weights
from gossamer.network.ops import Add, Convolution, Dense, Norm, Op, Relu
from gossamer.network.reference import node_values
from tests.random_networks import model_of

NORM = ("norm1", Norm(), ("conv1",))
CONVOLUTION = ("conv1", Convolution(2, bias=False), (IMAGE,))


def test_a_convolution_with_a_bias_of_its_own_is_folded_too() -> None:
    graph = Graph.of((5, 4, 1), [("conv1", Convolution(2), (IMAGE,)), NORM, ("dense", Dense(3), ("norm1",))])
    random = np.random.default_rng(0)
    weights = {array.name: random.uniform(0.5, 1.5, array.shape).astype(np.float32) for array in graph.arrays}
    images = random.normal(size=(6, 1, 5, 4))
    *_, (_, before) = node_values(graph, weights, images)
    *_, (_, after) = node_values(fold_graph(graph), fold_weights(graph, weights), images)
    assert np.allclose(before, after, rtol=1e-6)


def test_a_folded_network_is_that_of_the_same_words_without_bn() -> None:
    network = Architecture.parse("bn relu6 conv4 sep4+ inv6e2 (conv4 conv6 | conv6k1) dense", (8, 9, 2), 3)
    assert not network.folded.has_norms
    assert network.folded.words == network.words.removeprefix("bn ")
    again = Architecture.parse(network.folded.words, network.input_shape, network.classes)
    assert again.graph == network.folded.graph
    assert network.folded.folded is network.folded


def test_folding_leaves_the_model_and_its_weights_as_they_are() -> None:
    model = model_of(Architecture.parse("bn conv4 dense", (8, 9, 2), 3))
    before = {name: array.copy() for name, array in model.weights.items()}
    assert set(model.folded.weights) == set(model.folded.network.weight_shapes)
    assert all(np.array_equal(model.weights[name], array) for name, array in before.items())
    plain = model_of(Architecture.parse("conv4 dense", (8, 9, 2), 3))
    assert plain.folded is plain


@pytest.mark.parametrize(
    "nodes",
    [
        [("norm1", Norm(), (IMAGE,))],
        [CONVOLUTION, ("relu1", Relu(), ("conv1",)), ("norm1", Norm(), ("relu1",))],
        [CONVOLUTION, NORM, ("norm2", Norm(), ("norm1",))],
        [CONVOLUTION, NORM, ("add1", Add(), ("conv1", "norm1"))],  # who else reads it wants it without
    ],
)
def test_a_norm_that_does_not_alone_follow_a_convolution_is_refused(
    nodes: list[tuple[str, Op, tuple[str, ...]]],
) -> None:
    graph = Graph.of((5, 4, 2), [*nodes, ("dense", Dense(3), (nodes[-1][0],))])
    with pytest.raises(ValueError, match=r"norm\d does not alone follow a convolution"):
        fold_graph(graph)
