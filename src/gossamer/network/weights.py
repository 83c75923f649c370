"""A network's initial weights: made once with NumPy from a derived seed, the same for every engine."""

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from gossamer.network.architecture import Architecture
from gossamer.network.graph import Weights
from gossamer.network.ops import Initializer, Parameter
from gossamer.seeds import derive_seed, stream


def _he_normal(wanted: Parameter, random: np.random.RandomState) -> NDArray[np.float64]:
    """Standard deviation sqrt(2 / fan_in) (He et al. 2015, Eq. 10)."""
    return random.standard_normal(wanted.shape) * sqrt(2 / wanted.fan_in)


def _uniform(wanted: Parameter, random: np.random.RandomState) -> NDArray[np.float64]:
    """Within +-1 / sqrt(fan_in), PyTorch's own default for a linear layer."""
    bound = 1 / sqrt(wanted.fan_in)
    return random.uniform(-bound, bound, wanted.shape)


INITIALIZERS: dict[Initializer, Callable[[Parameter, np.random.RandomState], NDArray[np.float64]]] = {
    "he-normal": _he_normal,
    "uniform": _uniform,
    "zeros": lambda wanted, _: np.zeros(wanted.shape),
    "ones": lambda wanted, _: np.ones(wanted.shape),
}


def initial_weights(network: Architecture, seed: str) -> Weights:
    """Each parameter by its initializer; a node's random stream is derived from its name."""
    weights: Weights = {}
    for node in network.graph.nodes:
        random = stream(derive_seed("weights", seed, node.name))
        for wanted in node.arrays:
            weights[wanted.name] = INITIALIZERS[wanted.initializer](wanted, random).astype(np.float32)
    return weights
