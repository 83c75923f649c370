"""Initial weights: one start for every engine, frozen, with the spread that the layers ask for."""

from hashlib import sha256
from math import sqrt

import numpy as np
import pytest
from scipy.stats import kstest

from gossamer.network import Architecture, initial_weights
from gossamer.seeds import derive_seed

SEED = derive_seed("start")


def report(words: str = "conv16 pool conv32 pool dense") -> Architecture:
    return Architecture.parse(words, (28, 28, 1), 10)


def test_the_start_of_the_reports_network_is_frozen() -> None:
    """To four decimals: a mathematics library may round a logarithm its own way."""
    weights = initial_weights(report(), SEED)
    rounded = b"".join(np.round(array, 4).astype("<f4").tobytes() for array in weights.values())
    assert sha256(rounded).hexdigest()[:16] == "84bb88907b8f9b2c"


def test_the_arrays_are_those_that_the_network_lists() -> None:
    weights = initial_weights(report(), SEED)
    assert {name: array.shape for name, array in weights.items()} == report().weight_shapes
    assert list(weights) == list(report().weight_shapes)
    assert all(array.dtype == np.float32 for array in weights.values())


@pytest.mark.parametrize(("words", "fan_in"), [("conv1024 dense", 9), ("conv64 conv64k5 dense", 25 * 64)])
def test_a_convolution_starts_he_normal(words: str, fan_in: int) -> None:
    values = list(initial_weights(report(words), SEED).values())[-4].ravel()
    assert kstest(values, "norm", (0, sqrt(2 / fan_in))).pvalue > 0.001


def test_the_dense_layer_starts_uniform() -> None:
    values = initial_weights(report(), SEED)["dense.weight"].ravel()
    bound = 1 / sqrt(32 * 7 * 7)
    assert np.abs(values).max() <= bound
    assert kstest(values, "uniform", (-bound, 2 * bound)).pvalue > 0.001


def test_biases_start_at_zero() -> None:
    weights = initial_weights(report(), SEED)
    assert all(not array.any() for name, array in weights.items() if name.endswith("bias"))


def test_every_layer_and_seed_starts_elsewhere_and_no_layer_heeds_another() -> None:
    weights = initial_weights(report("conv8k1 conv8k1 conv8k1 dense"), SEED)
    assert not np.array_equal(weights["conv2.weight"], weights["conv3.weight"])
    other = initial_weights(report("conv8k1 conv8k1 conv8k1 dense"), derive_seed("another"))
    assert not np.array_equal(weights["conv1.weight"], other["conv1.weight"])
    shorter = initial_weights(report("conv8k1 conv8k1 dense"), SEED)
    for name in ("conv1.weight", "conv2.weight", "dense.weight"):
        np.testing.assert_array_equal(shorter[name], weights[name])
