"""The kernels of batch norm and of activations, against PyTorch's autograd in double precision.

Dimensions: H rows, W columns, C channels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gossamer.engine._native import kernels
from tests.native.agreement import CHANNELS, EXAMPLES, TABLES, Floats, agree, double

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda z: z,
    "relu": F.relu,
    "relu6": F.relu6,
    "hswish": F.hardswish,
}

sizes = st.tuples(st.integers(1, 12), st.integers(1, 12))
channel_counts = st.sampled_from(CHANNELS)
activations = st.sampled_from(tuple(ACTIVATIONS))
misalignments = st.integers(0, 3)
seeds = st.integers(0, 2**32 - 1)


def multiples(random: np.random.Generator, of: float, up_to: float, shape: tuple[int, ...]) -> Floats:
    """Random multiples of a power of two: products and sums of such are exact in single precision."""
    most = int(up_to / of)
    return (random.integers(-most, most + 1, shape) * of).astype(np.float32)


@settings(max_examples=EXAMPLES)
@given(
    size=sizes,
    channels=channel_counts,
    middle=st.sampled_from((0, 1, 1000)),
    misalign=misalignments,
    seed=seeds,
)
def test_moments(size: tuple[int, int], channels: int, middle: int, misalign: int, seed: int) -> None:
    """Values far from 0 keep their deviation: squares of the values themselves would lose it."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((*size, channels), np.float32) + np.float32(middle)
    exact = double(x)
    mean = exact.mean((0, 1))
    off = exact - mean
    found = {table: kernels.moments(table, x, misalign=misalign) for table in TABLES}
    agree({table: all_[0] for table, all_ in found.items()}, mean, exact.abs().mean((0, 1)))
    agree(
        {table: all_[1] for table, all_ in found.items()},
        (off * off).sum((0, 1)),
        (off * off + 2 * off.abs() * exact.abs()).sum((0, 1)),  # each deviation has the rounding of its value
    )


@settings(max_examples=EXAMPLES)
@given(
    size=sizes,
    channels=channel_counts,
    activation=activations,
    sums=st.booleans(),
    misalign=misalignments,
    seed=seeds,
)
def test_a_norm_with_the_sum_and_the_activation_behind_it(
    size: tuple[int, int], channels: int, activation: str, sums: bool, misalign: int, seed: int
) -> None:
    """Arguments of the activation are exact, and no bend of it among them: they are odd multiples of 1/64."""
    random = np.random.default_rng(seed)
    shape = (*size, channels)
    x, added = multiples(random, 1 / 4, 4, shape), multiples(random, 1 / 8, 4, shape)
    scale = multiples(random, 1 / 4, 2, (channels,))
    shift = multiples(random, 1 / 8, 2, (channels,)) + np.float32(1 / 64)
    mean, slope, offset = (random.standard_normal(channels, np.float32) for _ in range(3))
    dy = random.standard_normal(shape, np.float32)

    argument = double(double(x).detach().numpy() * scale + shift + (added if sums else 0))
    y = ACTIVATIONS[activation](argument)
    (dz,) = torch.autograd.grad((y * double(dy)).sum(), argument)
    off = double(x) - double(mean)
    rounded = activation == "hswish"
    given_added = added if sums else None
    how: dict[str, Any] = {"activation": activation, "misalign": misalign}

    forward = {table: kernels.norm_forward(table, x, given_added, scale, shift, **how) for table in TABLES}
    agree(forward, y, y if rounded else None)
    back = {
        table: kernels.norm_sums(table, x, given_added, scale, shift, mean, dy, **how) for table in TABLES
    }
    agree({table: all_[0] for table, all_ in back.items()}, dz, double(dy) if rounded else None)
    terms_of_dz = double(np.abs(dy)) if rounded else dz.abs()
    agree({table: all_[1] for table, all_ in back.items()}, dz.sum((0, 1)), terms_of_dz.sum((0, 1)))
    products = (terms_of_dz * (double(np.abs(x)) + double(np.abs(mean)))).sum((0, 1))
    agree({table: all_[2] for table, all_ in back.items()}, (dz * off).sum((0, 1)), products)
    dx = {
        table: kernels.norm_backward(table, x, scale, slope, offset, dy, misalign=misalign)
        for table in TABLES
    }
    terms = [double(a) * double(b) for a, b in ((scale, dy), (slope, x))]
    agree(dx, sum(terms, double(offset)), sum((term.abs() for term in terms), double(np.abs(offset))))


@settings(max_examples=EXAMPLES)
@given(size=sizes, channels=channel_counts, activation=activations, misalign=misalignments, seed=seeds)
def test_activations(size: tuple[int, int], channels: int, activation: str, misalign: int, seed: int) -> None:
    """Numbers on every bend among them; a NaN stays one, and stays alone."""
    random = np.random.default_rng(seed)
    x = multiples(random, 1 / 2, 8, (*size, channels))
    dy = random.standard_normal(x.shape, np.float32)
    leaf = double(x)
    y = ACTIVATIONS[activation](leaf)
    (dx,) = torch.autograd.grad((y * double(dy)).sum(), leaf)
    magnitude = double(np.abs(dy)) if activation == "hswish" else None
    how: dict[str, Any] = {"activation": activation, "misalign": misalign}
    forward = {table: kernels.activation_forward(table, x, **how) for table in TABLES}
    agree(forward, y, None if magnitude is None else y)
    backward = {table: kernels.activation_backward(table, x, dy, **how) for table in TABLES}
    agree(backward, dx, magnitude)
    x.flat[seed % x.size] = np.nan
    for table in TABLES:
        np.testing.assert_array_equal(
            np.isnan(kernels.activation_forward(table, x, **how)), np.isnan(x), err_msg=table
        )
