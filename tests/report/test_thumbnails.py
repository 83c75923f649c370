"""Thumbnails: small images as they are, large ones shrunk with their aspect ratio, within a budget."""

import numpy as np
import pytest

from gossamer.report.thumbnails import SIDES, largest_side, thumbnails


def test_small_images_are_as_they_are() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 20, 3), dtype=np.uint8)
    np.testing.assert_array_equal(thumbnails(images, 32), images)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((160, 240, 3), (43, 64, 3)),
        ((1_000, 1, 1), (64, 1, 1)),
        ((64, 64, 2), (64, 64, 1)),
        ((65, 10, 4), (64, 10, 3)),
    ],
)
def test_large_images_keep_their_aspect_ratio_and_mean(
    shape: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    images = np.full((2, *shape), 200, np.uint8)
    made = thumbnails(images, 64)
    assert made.shape == (2, *expected)
    assert (made == 200).all()


@pytest.mark.parametrize("count", [1, 100, 1_000])
def test_the_side_is_the_largest_within_the_budget(count: int) -> None:
    images = np.zeros((1, 100, 100, 3), np.uint8)
    side = largest_side(images.shape[1:], count, 400_000)
    sizes = {each: count * thumbnails(images, each).nbytes for each in SIDES}
    assert side == max((each for each in SIDES if sizes[each] <= 400_000), default=SIDES[-1])
