"""Numbers of any kind become pixels and inputs, and nothing that pixels can hold is lost."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gossamer.network import PIXELS, Scaling, Values, scaling_of

WHOLE: dict[str, tuple[Any, Values, Scaling]] = {
    "bytes": (np.array([3, 9], np.uint8), PIXELS, Scaling(0, 255)),
    "digits": (np.array([0.0, 16.0]), PIXELS, Scaling(0, 16)),
    "short numbers": (np.array([5, 200], np.int16), PIXELS, Scaling(5, 200)),
    "pixels divided by 255": (np.arange(256) / 255, Values(step=1 / 255), Scaling(0, 255)),
    "the same in float32": (
        (np.arange(3, 201) / 255).astype(np.float32),
        Values(step=1 / 255),
        Scaling(3, 200),
    ),
    "nothing but 0 and 1": (np.array([0.0, 1.0]), PIXELS, Scaling(0, 1)),
    "one number": (np.array([7.0, 7.0]), PIXELS, Scaling(7, 8)),
}


@pytest.mark.parametrize("case", WHOLE)
def test_pixels_in_any_form_are_kept_as_they_are(case: str) -> None:
    numbers, values, scaling = WHOLE[case]
    assert scaling_of(numbers) == (values, scaling)
    assert values.are_pixels
    assert np.array_equal(values.pixels(numbers), np.round(numbers / values.step).astype(np.uint8))


@given(
    arrays(np.float64, st.integers(2, 50), elements=st.floats(allow_nan=False, allow_infinity=False)),
)
def test_other_numbers_are_kept_within_half_a_step(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    values, scaling = scaling_of(numbers)
    pixels = values.pixels(numbers)
    inputs = (pixels.astype(np.float64) - scaling.minimum) / (scaling.maximum - scaling.minimum)
    low, high = numbers.min() / 2, numbers.max() / 2  # halves do not overflow
    if high - low > 1e-300:
        assert np.abs(inputs - (numbers / 2 - low) / (high - low)).max() <= 1 / 510 + 1e-9
    assert (np.diff(pixels[np.argsort(numbers)].astype(int)) >= 0).all()


def test_tiny_numbers_are_no_pixels() -> None:
    for low, high in ((0.0, 1e-9), (0.999999, 1.0)):
        values, _ = scaling_of(np.array([low, (low + high) / 2, high]))
        assert values.pixels(np.array([low, high])).tolist() == [0, 255]


def test_what_lies_outside_is_cut_off() -> None:
    values, _ = scaling_of(np.array([-1.5, 3.25]))
    assert not values.are_pixels
    assert values.range == pytest.approx((-1.5, 3.25))
    assert values.pixels(np.array([-1e9, -1.5, 3.25, 1e9])).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("step", [0.0, -1.0, np.nan, np.inf])
def test_a_step_is_above_0(step: float) -> None:
    with pytest.raises(ValueError, match="no range"):
        Values(0.0, step)


def test_a_scaling_has_a_width() -> None:
    with pytest.raises(ValueError, match="no width"):
        Scaling(3, 3)


def test_pixels_of_other_units_lie_far_outside() -> None:
    scaling = Scaling(0, 16)
    assert not scaling.is_far_from(np.array([0, 16, 32], np.uint8))
    assert scaling.is_far_from(np.array([0, 33], np.uint8))
    assert not Scaling().is_far_from(np.array([0, 255], np.uint8))
