"""The kernels of fused convolutions, pools, dense layers and optimizers, against PyTorch in double precision.

Every table that runs here, and the plain reference. Shapes are drawn at random around the edges of the
vectors' widths. A new fixed shape is a line in `LARGE`; a new kind of data is a branch of `Case.arrays` and a
name in `KINDS`; a new kernel is a function in native/kernel_bindings/ and a test that hands its results to
`agree`.

Dimensions: N images, H rows, W columns, C channels, O output channels, K kernel; h, w the output's size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gossamer.engine._native import kernels
from tests.native.agreement import (
    CHANNELS,
    EXAMPLES,
    TABLES,
    WORK,
    Floats,
    agree,
    double,
    takes_large_tiles,
)

KINDS = ("real", "whole", "ties", "zero", "saturated", "dead")

# Convolutions


@dataclass(frozen=True)
class Case:
    """A convolution to compute; its arrays begin `misalign` floats after a cache line."""

    height: int
    width: int
    channels: int
    out: int
    kernel: int
    image: bool
    kind: str = "real"
    misalign: int = 0
    seed: int = 0

    @property
    def exact(self) -> bool:
        """Whole numbers so small that no sum is rounded, weights multiples of 4, which Winograd quarters."""
        return self.kind != "real"

    @property
    def output_shape(self) -> tuple[int, int, int]:
        return self.height // 2, self.width // 2, self.out

    @property
    def takes_large_tiles(self) -> bool:
        """Whether its whole results come rounded."""
        height, width, _ = self.output_shape
        return self.kernel == 3 and not self.image and takes_large_tiles(2 * height, 2 * width)

    def arrays(self) -> tuple[Floats, ...]:
        """x (H, W, C), weights (O, C, K, K), bias (O,), dy (h, w, O), and what dw and db begin as."""
        random = np.random.default_rng(self.seed)
        x_shape = (self.height, self.width, self.channels)
        w_shape = (self.out, self.channels, self.kernel, self.kernel)
        shapes = (x_shape, w_shape, (self.out,), self.output_shape, w_shape, (self.out,))
        if self.kind == "real":
            arrays = [random.standard_normal(shape, np.float32) for shape in shapes]
            if self.image:
                arrays[0] = random.integers(0, 256, x_shape).astype(np.float32) / np.float32(255)
            return tuple(arrays)
        whole = [random.integers(-3, 4, shape).astype(np.float32) for shape in shapes]
        whole[1] *= 4
        if self.kind == "ties":
            whole[0] = (whole[0] > 1).astype(np.float32)
            whole[1] = 4 * np.sign(whole[1] - 4)
        elif self.kind == "zero":
            whole[0][:] = 0
        elif self.kind == "saturated":
            whole[0][:] = 1
        elif self.kind == "dead":
            whole[2][:] = -1e6
        return tuple(whole)


@st.composite
def cases(draw: st.DrawFn, kinds: Sequence[str] = KINDS) -> Case:
    image = draw(st.integers(0, 3)) == 3
    channels = draw(st.integers(1, 5) if image and draw(st.booleans()) else st.sampled_from(CHANNELS))
    out, kernel = draw(st.sampled_from(CHANNELS)), draw(st.sampled_from((3, 3, 3, 1, 5, 7)))
    area = WORK // (channels * out * kernel * kernel)
    height = draw(st.integers(2, min(max(2, area // 2), 20)))
    width = draw(st.integers(2, min(max(2, area // height), 40)))
    kind, misalign = draw(st.sampled_from(kinds)), draw(st.integers(0, 3))
    seed = draw(st.integers(0, 2**32 - 1))
    return Case(height, width, channels, out, kernel, image, kind, misalign, seed)


def windows(z: Tensor) -> Tensor:
    """The 2x2 windows (O, h, w, 4) of z (1, O, H, W), an odd edge left out."""
    return z[0].unfold(1, 2, 2).unfold(2, 2, 2).flatten(3)


def by_torch(
    case: Case, arrays: Sequence[Floats], y: Floats, indices: NDArray[np.int32]
) -> tuple[Tensor, list[Tensor]]:
    """The bare convolution (1, O, H, W); and y, dw, db and dx with the pool's `indices`."""
    x, w, b, dy, dw, db = (double(array) for array in arrays)
    z = F.conv2d(x.permute(2, 0, 1)[None], w, b, padding=case.kernel // 2)
    active, picked_indices = torch.from_numpy(y > 0), torch.from_numpy(indices.astype(np.int64))
    picked = windows(z).gather(3, picked_indices.permute(2, 0, 1)[..., None])[..., 0].permute(1, 2, 0)
    picked = picked * active
    gradients = torch.autograd.grad((picked * dy).sum(), (w, b, x))
    return z, [picked, dw + gradients[0], db + gradients[1], gradients[2]]


def check_convolution(case: Case) -> None:
    arrays = case.arrays()
    x, w, b, dy, dw, db = arrays
    how: dict[str, Any] = {"image": case.image, "misalign": case.misalign}
    forward = {table: kernels.conv_forward(table, x, w, b, **how) for table in TABLES}
    # near-ties may be decided either way, so all tables go back from one forward pass
    y, indices = forward["reference"]
    backward = {table: kernels.conv_backward(table, x, w, y, indices, dy, dw, db, **how) for table in TABLES}
    z, expected = by_torch(case, arrays, y, indices)
    magnitudes: Sequence[Tensor | None] = [None] * 4
    if not case.exact:
        magnitudes = by_torch(case, [np.abs(array) for array in arrays], np.ones_like(y), indices)[1]

    rounded = case.takes_large_tiles
    agree({table: y for table, (y, _) in forward.items()}, expected[0], magnitudes[0], rounded=rounded)
    agree({table: gradients[0] for table, gradients in backward.items()}, expected[1], magnitudes[1])
    agree({table: gradients[1] for table, gradients in backward.items()}, expected[2], magnitudes[2])
    if case.image:
        assert all(dx is None for _, _, dx in backward.values())
    else:
        found = {table: dx for table, (_, _, dx) in backward.items() if dx is not None}
        assert found.keys() == set(TABLES)
        agree(found, expected[3], magnitudes[3])

    truth = F.relu(F.max_pool2d(z, 2))[0].permute(1, 2, 0)
    agree({table: y for table, (y, _) in forward.items()}, truth, magnitudes[0], rounded=rounded)
    if case.exact:
        values = windows(z).detach().numpy().transpose(1, 2, 0, 3)
        for table, (_, indices) in forward.items():
            if rounded:  # equals may be decided either way
                found_values = np.take_along_axis(values, indices[..., None].astype(np.int64), -1)[..., 0]
                np.testing.assert_array_equal(found_values, values.max(-1), err_msg=table)
            else:
                np.testing.assert_array_equal(indices, values.argmax(-1), err_msg=table)


@settings(max_examples=EXAMPLES)
@given(cases(kinds=("real",)))
def test_convolutions_of_real_numbers(case: Case) -> None:
    check_convolution(case)


@settings(max_examples=EXAMPLES)
@given(cases(kinds=KINDS[1:]))
def test_convolutions_of_small_whole_numbers_are_exact(case: Case) -> None:
    check_convolution(case)


@settings(max_examples=EXAMPLES // 2)
@given(cases())
def test_evaluation_keeps_no_places_and_gives_the_same_bits(case: Case) -> None:
    x, w, b, *_ = case.arrays()
    how: dict[str, Any] = {"image": case.image, "misalign": case.misalign}
    for table in TABLES:
        y, _ = kernels.conv_forward(table, x, w, b, **how)
        evaluated, indices = kernels.conv_forward(table, x, w, b, **how, argmax=False)
        assert evaluated.tobytes() == y.tobytes()
        assert (indices == -1).all()


@settings(max_examples=EXAMPLES // 2)
@given(cases(), st.integers(0, 2**32 - 1))
def test_nan_gets_through_where_pytorch_lets_it(case: Case, place: int) -> None:
    """A NaN of a map, or of the weights where the input is an image, whose pixels are numbers.

    Output channels are whole vectors here: in what pads them, a NaN times the padding's zeros is one as well.
    """
    case = replace(case, out=32)
    x, w, b, *_ = case.arrays()
    target = w if case.image else x
    target.flat[place % target.size] = np.nan
    z = F.conv2d(double(x).permute(2, 0, 1)[None], double(w), double(b), padding=case.kernel // 2)
    lost = F.max_pool2d(z, 2)[0].permute(1, 2, 0).isnan().numpy()
    for table in TABLES:
        for argmax in (True, False):
            y, _ = kernels.conv_forward(table, x, w, b, image=case.image, argmax=argmax)
            if case.takes_large_tiles:  # a whole tile is NaN
                assert np.isnan(y[lost]).all(), table
            else:
                np.testing.assert_array_equal(np.isnan(y), lost, err_msg=table)


@settings(max_examples=EXAMPLES // 2)
@given(cases())
def test_a_dead_channel_hands_nothing_back(case: Case) -> None:
    """Also where dy is NaN: what a ReLU has switched off must not be looked at."""
    x, w, _, dy, dw, db = case.arrays()
    y, indices = np.zeros(case.output_shape, np.float32), np.zeros(case.output_shape, np.int32)
    for table in TABLES:
        got = kernels.conv_backward(
            table, x, w, y, indices, np.full_like(dy, np.nan), dw, db, image=case.image
        )
        np.testing.assert_array_equal(got[0], dw)
        np.testing.assert_array_equal(got[1], db)
        assert got[2] is None or not got[2].any()


LARGE = {
    "the report's first layer": Case(28, 28, 1, 16, 3, image=True),
    "the report's second layer": Case(14, 14, 16, 32, 3, image=False),
    "a large image": Case(64, 64, 4, 17, 3, image=True),
    "a wide image": Case(3, 400, 1, 16, 3, image=True),
    "an image of odd size": Case(63, 61, 1, 33, 3, image=True),
    "one row of windows wider than Winograd's scratch": Case(2, 121, 8, 9, 3, image=False),
    "many rows of windows": Case(33, 35, 17, 16, 3, image=False),
    "many channels": Case(4, 5, 130, 257, 3, image=False),
    "a large kernel": Case(15, 18, 32, 70, 7, image=False),
    "a kernel larger than the map": Case(2, 3, 16, 16, 7, image=False),
    "one pixel's mixing": Case(31, 33, 64, 65, 1, image=False),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LARGE)
def test_large_convolutions(name: str, kind: str) -> None:
    shape = LARGE[name]
    sizes = (shape.height, shape.width, shape.channels, shape.out, shape.kernel)
    check_convolution(Case(*sizes, image=shape.image, kind=kind, misalign=1))


# Layers without weights


@settings(max_examples=EXAMPLES)
@given(
    size=st.tuples(st.integers(2, 12), st.integers(2, 12)),
    channels=st.sampled_from(CHANNELS),
    values=st.sampled_from((1, 2, 5, 1000)),
    misalign=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_pool_takes_the_first_of_equals(
    size: tuple[int, int], channels: int, values: int, misalign: int, seed: int
) -> None:
    """Among few values nearly every window has equals; PyTorch's own pool takes the first of them."""
    random = np.random.default_rng(seed)
    x = random.integers(-values // 2, values - values // 2, (*size, channels)).astype(np.float32)
    dy = random.standard_normal((size[0] // 2, size[1] // 2, channels), np.float32)
    leaf = double(x)
    pooled, flat = F.max_pool2d(leaf.permute(2, 0, 1)[None], 2, return_indices=True)
    (dx,) = torch.autograd.grad((pooled[0].permute(1, 2, 0) * double(dy)).sum(), leaf)
    row, column = flat[0].permute(1, 2, 0) // size[1], flat[0].permute(1, 2, 0) % size[1]
    place = (row % 2 * 2 + column % 2).numpy().astype(np.int32)
    forward = {table: kernels.pool_forward(table, x, misalign=misalign) for table in TABLES}
    agree({table: y for table, (y, _) in forward.items()}, pooled[0].permute(1, 2, 0), None)
    for table, (_, indices) in forward.items():
        np.testing.assert_array_equal(indices, place, err_msg=table)
    backward = {table: kernels.pool_backward(table, size, dy, place, misalign=misalign) for table in TABLES}
    agree(backward, dx, None)
    x.flat[seed % x.size] = np.nan
    diverged = F.max_pool2d(double(x).permute(2, 0, 1)[None], 2)[0].permute(1, 2, 0)
    for argmax in (True, False):
        found = {table: kernels.pool_forward(table, x, argmax=argmax)[0] for table in TABLES}
        agree(found, diverged, None)


@settings(max_examples=EXAMPLES)
@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    channels=st.sampled_from(CHANNELS),
    constant=st.booleans(),
    misalign=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_mean(size: tuple[int, int], channels: int, constant: bool, misalign: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.standard_normal((*size, channels), np.float32)
    if constant:
        x[:] = x[0, 0]
    dy = random.standard_normal((1, 1, channels), np.float32)
    leaf = double(x)
    mean = leaf.mean((0, 1), keepdim=True)
    (dx,) = torch.autograd.grad((mean * double(dy)).sum(), leaf)
    forward = {table: kernels.mean_forward(table, x, misalign=misalign) for table in TABLES}
    agree(forward, mean, double(np.abs(x)).mean((0, 1)))
    backward = {table: kernels.mean_backward(table, size, dy, misalign=misalign) for table in TABLES}
    agree(backward, dx, dx)


# The dense layer


@settings(max_examples=EXAMPLES)
@given(
    images=st.integers(1, 17),
    inputs=st.sampled_from((*CHANNELS, 100, 127, 128, 129, 300)),
    classes=st.sampled_from((1, 2, 3, 5, 7, 10, 16, 17, 33, 64)),
    whole=st.booleans(),
    misalign=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_dense_layer(
    images: int, inputs: int, classes: int, whole: bool, misalign: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    w_shape = (classes, inputs)
    shapes = ((images, inputs), w_shape, (classes,), (images, classes), w_shape, (classes,))
    arrays = [
        random.integers(-4, 5, shape).astype(np.float32)
        if whole
        else random.standard_normal(shape, np.float32)
        for shape in shapes
    ]

    def by_torch(arrays: Sequence[Floats]) -> list[Tensor]:
        x, w, b, dz, dw, db = (double(array) for array in arrays)
        z = F.linear(x, w, b)
        gradients = torch.autograd.grad((z * dz).sum(), (w, b, x))
        return [z, dw + gradients[0], db + gradients[1], gradients[2]]

    x, w, b, dz, dw, db = arrays
    expected = by_torch(arrays)
    magnitudes: Sequence[Tensor | None] = [None] * 4
    if not whole:
        magnitudes = by_torch([np.abs(array) for array in arrays])
    forward = {table: kernels.dense_forward(table, x, w, b, misalign=misalign) for table in TABLES}
    backward = {table: kernels.dense_backward(table, x, w, dz, dw, db, misalign=misalign) for table in TABLES}
    agree(forward, expected[0], magnitudes[0])
    for i in range(3):
        agree({table: all_[i] for table, all_ in backward.items()}, expected[i + 1], magnitudes[i + 1])


# Optimizers


STEPS = {
    "parts": st.integers(1, 5),
    "count": st.integers(1, 70),
    "exponent": st.integers(-8, 2),
    "decay": st.sampled_from((0.0, 0.0, 0.5, 100.0)),
    "misalign": st.integers(0, 3),
    "seed": st.integers(0, 2**32 - 1),
}
RATE = 0.001


def gradients_of(random: np.random.Generator, parts: int, count: int, scale: np.float32) -> Floats:
    """(parts, count); the parts of one gradient share their signs, so that nothing cancels."""
    sign = np.sign(random.standard_normal(count, np.float32)) * (random.random(count) < 0.8)
    sizes = np.abs(random.standard_normal((parts, count), np.float32))
    return np.asarray(sizes * sign * scale, np.float32)


@settings(max_examples=EXAMPLES)
@given(step=st.sampled_from((1, 2, 10, 1000, 100_000)), **STEPS)
def test_adam(
    parts: int, count: int, step: int, exponent: int, decay: float, misalign: int, seed: int
) -> None:
    """Against PyTorch's own AdamW."""
    random = np.random.default_rng(seed)
    scale = np.float32(10.0**exponent)
    gradients, weights = gradients_of(random, parts, count, scale), random.standard_normal(count, np.float32)
    first = random.standard_normal(count, np.float32) * scale * np.float32(step > 1)
    second = random.standard_normal(count, np.float32) ** 2 * scale * scale * np.float32(step > 1)

    parameter = double(weights)
    optimizer = torch.optim.AdamW([parameter], RATE, weight_decay=decay)
    optimizer.state[parameter] = {
        "step": torch.tensor(float(step - 1)),
        "exp_avg": double(first).detach(),
        "exp_avg_sq": double(second).detach(),
    }
    parameter.grad = double(gradients).detach().sum(0)
    optimizer.step()
    m, v = (optimizer.state[parameter][name] for name in ("exp_avg", "exp_avg_sq"))

    step_size, root_correction = RATE / (1 - 0.9**step), float(np.sqrt(1 - 0.999**step))
    found = {
        table: kernels.adam(
            table,
            gradients,
            weights,
            first,
            second,
            step_size=step_size,
            root_correction=root_correction,
            keep=1 - RATE * decay,
            misalign=misalign,
        )
        for table in TABLES
    }
    terms = 0.9 * double(np.abs(first)) + 0.1 * torch.abs(parameter.grad)
    moved = double(np.abs(weights)) + step_size * terms / (v.sqrt() / root_correction + 1e-8)
    for i, (expected, magnitude) in enumerate(((parameter, moved), (m, terms), (v, v))):
        agree({table: all_[i] for table, all_ in found.items()}, expected, magnitude)


@settings(max_examples=EXAMPLES)
@given(**STEPS)
def test_sgd(parts: int, count: int, exponent: int, decay: float, misalign: int, seed: int) -> None:
    """Against PyTorch's own; the velocity has its gradient's sign, so that nothing cancels."""
    random = np.random.default_rng(seed)
    scale = np.float32(10.0**exponent)
    gradients, weights = gradients_of(random, parts, count, scale), random.standard_normal(count, np.float32)
    velocity = np.abs(random.standard_normal(count, np.float32)) * np.sign(gradients[0]) * scale
    keep = 1 - RATE * decay

    parameter = (double(weights).detach() * keep).requires_grad_()
    optimizer = torch.optim.SGD([parameter], RATE, momentum=0.9, nesterov=True)
    optimizer.state[parameter] = {"momentum_buffer": double(velocity).detach()}
    parameter.grad = double(gradients).detach().sum(0)
    optimizer.step()
    expected = optimizer.state[parameter]["momentum_buffer"]

    found = {
        table: kernels.sgd(table, gradients, weights, velocity, rate=RATE, keep=keep, misalign=misalign)
        for table in TABLES
    }
    moved = double(np.abs(weights)) + RATE * (torch.abs(parameter.grad) + 0.9 * torch.abs(expected))
    agree({table: weights for table, (weights, _) in found.items()}, parameter, moved)
    agree({table: velocity for table, (_, velocity) in found.items()}, expected, torch.abs(expected))


@settings(max_examples=EXAMPLES // 5)
@given(
    count=st.integers(1, 70),
    share=st.sampled_from((0.9, 0.5, 0.01, 1e-4)),
    misalign=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_moving_average(count: int, share: float, misalign: int, seed: int) -> None:
    values, average = np.random.default_rng(seed).standard_normal((2, count), np.float32)
    expected = torch.lerp(double(average), double(values), share)
    found = {
        table: kernels.average(table, values, average, share=share, misalign=misalign) for table in TABLES
    }
    agree(found, expected, double(np.abs(average)) + double(np.abs(values)))


def test_an_unknown_table_is_refused() -> None:
    one = np.ones((1, 1, 1), np.float32)
    with pytest.raises(ValueError, match="no kernels called 'mmx' can run here"):
        kernels.mean_forward("mmx", one)


def test_the_fastest_table_comes_first_and_the_reference_last() -> None:
    known = ("avx512", "avx2", "sse2", "neon", "reference")
    assert [name for name in known if name in TABLES] == TABLES
    assert len(TABLES) > 1
