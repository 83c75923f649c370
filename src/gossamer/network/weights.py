"""A network's initial weights: made once with NumPy from a derived seed, the same for every engine."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from gossamer.network.architecture import Architecture
from gossamer.network.layers import Convolution, Dense
from gossamer.seeds import derive_seed, stream

Weights = dict[str, NDArray[np.float32]]
"""Name to float32 array, as `Architecture.weight_shapes` lists them."""


def initial_weights(network: Architecture, seed: str) -> Weights:
    """Convolutions He-normal, the dense layer uniform, biases zero.

    A convolution's weights have standard deviation sqrt(2 / fan_in) (He et al. 2015, Eq. 10); the dense
    layer's lie in +-1 / sqrt(fan_in), PyTorch's own default for a linear layer.
    """
    weights: Weights = {}
    for stage in network.stages:
        if not isinstance(stage.layer, Convolution | Dense):
            continue
        shape = stage.layer.weight_shape(stage.input_shape)
        fan_in = int(np.prod(shape[1:]))
        random = stream(derive_seed("weights", seed, stage.name))
        if isinstance(stage.layer, Convolution):
            values = random.standard_normal(shape) * sqrt(2 / fan_in)
        else:
            values = random.uniform(-1 / sqrt(fan_in), 1 / sqrt(fan_in), shape)
        weights[f"{stage.name}.weight"] = values.astype(np.float32)
        weights[f"{stage.name}.bias"] = np.zeros(shape[0], np.float32)
    return weights
