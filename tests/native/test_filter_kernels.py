"""The kernels of convolutions without a pool, over all channels and depthwise, against PyTorch in doubles.

Dimensions: H rows, W columns, C channels, O output channels, K kernel; h, w the output's size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
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


@dataclass(frozen=True)
class Case:
    """A convolution to compute; its arrays begin `misalign` floats after a cache line."""

    height: int
    width: int
    channels: int
    out: int
    kernel: int
    stride: int
    depthwise: bool = False
    image: bool = False
    bias: bool = True
    summand: bool = False
    whole: bool = False
    misalign: int = 0
    seed: int = 0

    @property
    def how(self) -> dict[str, Any]:
        """What the kernels are told beside the arrays."""
        return {
            "stride": self.stride,
            "depthwise": self.depthwise,
            "image": self.image,
            "misalign": self.misalign,
        }

    @property
    def takes_large_tiles(self) -> bool:
        """Whether its whole results come rounded."""
        winograd = (self.kernel, self.stride) == (3, 1) and not (self.depthwise or self.image)
        return winograd and takes_large_tiles(self.height, self.width)

    def arrays(self) -> tuple[Floats, ...]:
        """x (H, W, C), weights (O, C or 1, K, K), bias, dy (h, w, O), initial dw and db, dx's summand."""
        random = np.random.default_rng(self.seed)
        size = [(n - 1) // self.stride + 1 for n in (self.height, self.width)]
        w_shape = (self.out, 1 if self.depthwise else self.channels, self.kernel, self.kernel)
        x_shape, y_shape = (self.height, self.width, self.channels), (*size, self.out)
        shapes: Sequence[tuple[int, ...]] = (
            x_shape,
            w_shape,
            (self.out,),
            y_shape,
            w_shape,
            (self.out,),
            x_shape,
        )
        if self.whole:  # so small that no sum is rounded
            return tuple(random.integers(-3, 4, shape).astype(np.float32) for shape in shapes)
        return tuple(random.standard_normal(shape, np.float32) for shape in shapes)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    depthwise = draw(st.booleans())
    image = not depthwise and draw(st.booleans())
    channels = draw(st.integers(1, 4) if image else st.sampled_from(CHANNELS))
    out = channels if depthwise else draw(st.sampled_from(CHANNELS))
    kernel, stride = draw(st.sampled_from((3, 3, 3, 1, 5, 7))), draw(st.sampled_from((1, 1, 2, 3, 4)))
    area = WORK // (out * kernel * kernel * (1 if depthwise else channels))
    height = draw(st.integers(1, min(max(1, area), 20)))
    width = draw(st.integers(1, min(max(1, area // height), 40)))
    bias, summand, whole = (draw(st.booleans()) for _ in range(3))
    misalign, seed = draw(st.integers(0, 3)), draw(st.integers(0, 2**32 - 1))
    sizes = (height, width, channels, out, kernel, stride)
    return Case(*sizes, depthwise, image, bias, summand, whole, misalign, seed)


def convolved(case: Case, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """(h, w, O)."""
    groups = case.channels if case.depthwise else 1
    bias = b if case.bias else None
    z = F.conv2d(x.permute(2, 0, 1)[None], w, bias, case.stride, case.kernel // 2, groups=groups)
    return z[0].permute(1, 2, 0)


def by_torch(case: Case, arrays: Sequence[Floats]) -> list[Tensor]:
    """y, dw, db and dx."""
    x, w, b, dy, dw, db, summand = (double(array) for array in arrays)
    y = convolved(case, x, w, b)
    gradients = torch.autograd.grad((y * dy).sum(), (w, x))
    return [y, dw + gradients[0], db + dy.sum((0, 1)), gradients[1] + (summand if case.summand else 0)]


def check(case: Case) -> None:
    arrays = case.arrays()
    x, w, b, dy, dw, db, other = arrays
    bias, d_bias = (b, db) if case.bias else (None, None)
    summand = other if case.summand else None
    expected = by_torch(case, arrays)
    magnitudes: Sequence[Tensor | None] = [None] * 4
    if not case.whole:
        magnitudes = by_torch(case, [np.abs(array) for array in arrays])

    rounded = case.takes_large_tiles
    forward = {table: kernels.filter_forward(table, x, w, bias, **case.how) for table in TABLES}
    agree(forward, expected[0], magnitudes[0], rounded=rounded)
    floored = {
        table: kernels.filter_forward(table, x, w, bias, added=dy, relu=True, **case.how) for table in TABLES
    }
    with_added = None if magnitudes[0] is None else magnitudes[0] + double(dy).abs()
    agree(floored, (expected[0] + double(dy)).relu(), with_added, rounded=rounded)
    backward = {
        table: kernels.filter_backward(table, x, w, dy, dw, d_bias, summand, **case.how) for table in TABLES
    }
    for place, given_back in ((0, True), (1, case.bias), (2, not case.image)):
        found = {table: all_[place] for table, all_ in backward.items()}
        arrays_found = {table: array for table, array in found.items() if array is not None}
        assert arrays_found.keys() == (set(TABLES) if given_back else set())
        if given_back:
            agree(arrays_found, expected[place + 1], magnitudes[place + 1], rounded=rounded)


@settings(max_examples=EXAMPLES)
@given(cases())
@example(Case(11, 4, 1, 2, 3, 1, misalign=2, seed=3220238224))  # large tiles: off by 1.2e-6
@example(Case(1, 1, 1, 1, 3, 1, image=True, bias=False, seed=87014))  # what is added is 170 times the product
def test_filters_of_any_shape(case: Case) -> None:
    check(case)


LARGE = {
    "a first layer under batch norm": Case(28, 28, 1, 16, 3, 1, image=True, bias=False),
    "a strided first layer in color": Case(96, 96, 3, 8, 3, 2, image=True),
    "a large image": Case(64, 64, 3, 5, 5, 1, image=True),
    "many channels": Case(5, 4, 257, 130, 3, 1),
    "a pointwise convolution": Case(14, 14, 64, 129, 1, 1, bias=False),
    "3x3 on an even map": Case(14, 10, 33, 17, 3, 1),
    "3x3 on an odd map": Case(5, 13, 33, 17, 3, 1, summand=True),
    "3x3 in large tiles": Case(12, 16, 33, 17, 3, 1),
    "3x3 in large tiles that cross the edges": Case(7, 19, 17, 33, 3, 1, summand=True),
    "3x3 in several bands of tiles": Case(30, 34, 9, 70, 3, 1, bias=False, summand=True),
    "a shortcut": Case(32, 32, 16, 32, 1, 2, bias=False),
    "a large kernel on a small map": Case(2, 3, 70, 33, 7, 3),
    "a long row": Case(1, 400, 5, 9, 5, 4),
    "depthwise": Case(28, 28, 32, 32, 3, 1, depthwise=True, bias=False),
    "depthwise, strided": Case(31, 33, 65, 65, 5, 2, depthwise=True),
    "depthwise, nearly all border": Case(3, 2, 130, 130, 7, 1, depthwise=True),
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", LARGE)
def test_large_filters(name: str, whole: bool) -> None:
    check(replace(LARGE[name], whole=whole, misalign=1))


@settings(max_examples=EXAMPLES // 2)
@given(cases(), st.integers(0, 2**32 - 1))
def test_nan_gets_through_where_pytorch_lets_it(case: Case, place: int) -> None:
    """Output channels are whole vectors here: padding that a NaN is multiplied with becomes NaN as well."""
    case = case if case.depthwise else replace(case, out=32)
    x, w, b, *_ = case.arrays()
    x.flat[place % x.size] = np.nan
    lost = convolved(case, double(x), double(w), double(b)).isnan().numpy()
    for table in TABLES:
        y = kernels.filter_forward(table, x, w, b if case.bias else None, **case.how)
        if case.kernel == 3 and case.stride == 1 and not case.depthwise:  # Winograd: a whole tile is NaN
            assert np.isnan(y[lost]).all(), table
        else:
            np.testing.assert_array_equal(np.isnan(y), lost, err_msg=table)
