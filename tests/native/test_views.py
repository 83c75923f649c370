"""Views by the core: the very bytes of `gossamer.data.views.viewed`, whatever a view's numbers are."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer.data.augmentation import Augmentation
from gossamer.data.views import LEVEL, PIXEL, VIEW, same_views, viewed
from gossamer.engine._native import kernels

EXAMPLES = 1000

EDGES = (
    -(2**31),
    -(2**31) + 1,
    -PIXEL - 1,
    -PIXEL,
    -LEVEL,
    -1,
    0,
    1,
    LEVEL,
    PIXEL - 1,
    PIXEL,
    PIXEL + 1,
    2**31 - 1,
)
ANY = st.one_of(st.sampled_from(EDGES), st.integers(-(2**31), 2**31 - 1))
NEAR = st.integers(-40 * PIXEL, 40 * PIXEL)
WHOLE = st.integers(-40, 40).map(lambda pixels: pixels * PIXEL)
TURN = st.sampled_from((PIXEL, -PIXEL))
PART = st.integers(-PIXEL, PIXEL)
NONE = st.just(0)

MOVES = {
    "whole": ((TURN, NONE, WHOLE), (NONE, TURN, WHOLE)),
    "turned": ((PART, PART, NEAR), (PART, PART, NEAR)),
    "any": ((ANY, ANY, ANY), (ANY, ANY, ANY)),
    "whole but for a column": ((TURN, NONE, WHOLE), (NONE, TURN, NEAR)),
    "whole but for a scale": ((PART, NONE, WHOLE), (NONE, TURN, WHOLE)),
    "slanted": ((TURN, PART, WHOLE), (NONE, TURN, WHOLE)),
}
LEVELS = {
    "none": (st.just(LEVEL), NONE),
    "some": (st.integers(0, 3 * LEVEL), st.integers(-(2**16), 2**16)),
    "any": (ANY, ANY),
}
BLANKS = {
    "none": (ANY, ANY, NONE),
    "some": (st.integers(-3, 12), st.integers(-3, 12), st.integers(-2, 12)),
    "any": (ANY, ANY, ANY),
}


@st.composite
def views(draw: st.DrawFn) -> list[int]:
    rows, columns = MOVES[draw(st.sampled_from(list(MOVES)))]
    levels, blank = LEVELS[draw(st.sampled_from(list(LEVELS)))], BLANKS[draw(st.sampled_from(list(BLANKS)))]
    return [draw(number) for number in (*rows, *columns, *levels, *blank)]


def some(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@settings(max_examples=EXAMPLES)
@given(
    st.integers(1, 9),
    st.integers(1, 12),
    st.sampled_from((1, 2, 3, 5)),
    st.lists(views(), min_size=1, max_size=5),
)
def test_any_views_give_the_bytes_of_their_definition(
    height: int, width: int, channels: int, numbers: list[list[int]]
) -> None:
    images, drawn = some(len(numbers), height, width, channels), np.array(numbers, np.int32)
    np.testing.assert_array_equal(kernels.viewed(images, drawn), viewed(images, drawn))


AUGMENTATIONS = {
    "flips": Augmentation(flip="horizontal"),
    "shifts": Augmentation(shift=3),
    "turns": Augmentation(rotate=30.0),
    "zooms": Augmentation(zoom=0.5),
    "colours": Augmentation(brightness=0.5, contrast=0.5),
    "blanks": Augmentation(erase=7),
    "all": Augmentation("horizontal", 3, 30.0, 0.5, 0.5, 0.5, 7),
}


@pytest.mark.parametrize("shape", [(28, 28, 1), (27, 32, 3)])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmented_images_are_the_same_bytes(name: str, shape: tuple[int, int, int]) -> None:
    images = some(200, *shape)
    drawn = AUGMENTATIONS[name].views(200, shape[0], shape[1], "views", 1)
    found = kernels.viewed(images, drawn)
    assert (found != images).any()
    np.testing.assert_array_equal(found, viewed(images, drawn))


def test_places_beyond_32_bits() -> None:
    """A row of more pixels than whole places fit, and views at the ends of their range."""
    images = some(2, 1, 33_000, 1)
    drawn = same_views(2)
    drawn[:, 5] = 7
    drawn[1, 4], drawn[1, 2] = 2**31 - 1, -(2**31)
    np.testing.assert_array_equal(kernels.viewed(images, drawn), viewed(images, drawn))


def test_views_of_another_shape_are_refused() -> None:
    images = some(3, 4, 5, 1)
    right = same_views(3)
    assert (kernels.viewed(images, right) == images).all()
    wrongs: list[Any] = [
        right[:2],
        right[:, : VIEW - 1],
        right.astype(np.int64),
        right[0],
        np.repeat(right, 2, axis=1)[:, ::2],
    ]
    for wrong in wrongs:
        with pytest.raises((ValueError, TypeError)):
            kernels.viewed(images, wrong)
