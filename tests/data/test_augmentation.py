"""Views: what each part does to an image, exactly; and draws, which nothing but their names decides."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gossamer.data import Augmentation, viewed
from gossamer.data.views import LEVEL, PIXEL, VIEW, Views, same_views

Images = NDArray[np.uint8]


@pytest.fixture
def images() -> Images:
    return np.random.default_rng(0).integers(0, 256, (40, 9, 12, 3)).astype(np.uint8)


def of(augmentation: Augmentation, images: Images, *, seed: str = "ab", epoch: int = 1) -> Views:
    count, height, width, _ = images.shape
    return augmentation.views(count, height, width, seed, epoch)


def moved(image: Images, down: int, right: int) -> Images:
    """The image with its edge pixels repeated, moved in whole pixels: `down` rows of it are skipped."""
    height, width, _ = image.shape
    padded = np.pad(image, ((9, 9), (12, 12), (0, 0)), mode="edge")
    return padded[9 + down : 9 + down + height, 12 + right : 12 + right + width]


def test_a_view_that_changes_nothing_changes_nothing(images: Images) -> None:
    assert not Augmentation().any
    assert np.array_equal(of(Augmentation(), images), same_views(len(images)))
    assert np.array_equal(viewed(images, same_views(len(images))), images)


def test_a_flip_mirrors_half_of_the_images(images: Images) -> None:
    seen = viewed(images, of(Augmentation(flip="horizontal"), images))
    mirrored = [np.array_equal(view, image[:, ::-1]) for view, image in zip(seen, images, strict=True)]
    same = [np.array_equal(view, image) for view, image in zip(seen, images, strict=True)]
    assert [not each for each in mirrored] == same
    assert 10 < sum(mirrored) < 30


def test_an_alternating_flip_mirrors_every_image_in_every_second_epoch(images: Images) -> None:
    epochs = [of(Augmentation(flip="alternating"), images, epoch=epoch) for epoch in (1, 2, 3, 4)]
    mirrored = [views[:, 4] < 0 for views in epochs]
    assert 10 < mirrored[0].sum() < 30
    assert np.array_equal(mirrored[1], ~mirrored[0])
    assert np.array_equal(mirrored[2], mirrored[0])
    assert np.array_equal(mirrored[3], mirrored[1])


def test_a_shift_moves_whole_pixels_and_repeats_the_edge(images: Images) -> None:
    views = of(Augmentation(shift=2), images)
    steps = views[:, [2, 5]] // PIXEL
    assert np.array_equal(steps * PIXEL, views[:, [2, 5]])
    assert {tuple(step) for step in steps.tolist()} <= {(i, j) for i in range(-2, 3) for j in range(-2, 3)}
    assert set(steps[:, 0].tolist()) == set(steps[:, 1].tolist()) == set(range(-2, 3))
    for image, view, (down, right) in zip(images, viewed(images, views), steps, strict=True):
        assert np.array_equal(view, moved(image, int(down), int(right)))


def test_a_shift_of_a_mirrored_image_reaches_as_far(images: Images) -> None:
    seen = viewed(images, of(Augmentation(flip="alternating", shift=1), images))
    candidates = range(-1, 2)
    for image, view in zip(images, seen, strict=True):
        assert any(
            np.array_equal(view, moved(each, down, right))
            for each in (image, image[:, ::-1])
            for down in candidates
            for right in candidates
        )


def test_a_rotation_is_pillows_within_rounding() -> None:
    """Of a smooth image, away from its edges, where the two fill in differently."""
    rows, columns = np.mgrid[:32, :32]
    image = (127 + 60 * np.sin(rows / 5) + 60 * np.cos(columns / 7)).astype(np.uint8)
    views = of(Augmentation(rotate=30), image[None, ..., None])
    degrees = np.degrees(np.arctan2(-views[0, 3], views[0, 0]))
    assert 0 < abs(degrees) <= 30
    ours = viewed(image[None, ..., None], views)[0, ..., 0]
    theirs = np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR))
    assert abs(ours[8:24, 8:24].astype(int) - theirs[8:24, 8:24]).max() <= 2


def test_a_zoom_keeps_the_middle_and_stays_within_its_share(images: Images) -> None:
    views = of(Augmentation(zoom=0.25), images)
    factors = PIXEL / views[:, 0]
    assert (np.abs(factors - 1) <= 0.25 + 1e-4).all()
    assert factors.min() < 0.9
    assert factors.max() > 1.1
    middle = views[:, 0] * 4.0 + views[:, 2]
    assert (np.abs(middle - 4 * PIXEL) <= 1).all()


def test_brightness_and_contrast_change_levels(images: Images) -> None:
    views = of(Augmentation(brightness=0.5), images)
    factors = views[:, 6] / LEVEL
    assert factors.min() < 0.7
    assert factors.max() > 1.3
    expected = np.clip(np.floor(images * factors[:, None, None, None] + 0.5), 0, 255)
    assert np.array_equal(viewed(images, views), expected)
    grey = np.full((40, 2, 2, 1), 128, np.uint8)
    assert np.array_equal(viewed(grey, of(Augmentation(contrast=0.5), grey)), grey)
    seen = viewed(images, of(Augmentation(contrast=0.5), images)).astype(float)
    assert {np.sign(a.std() - b.std()) for a, b in zip(seen, images, strict=True)} == {-1, 1}


def test_an_erasure_blanks_one_square_in_half_of_the_images(images: Images) -> None:
    bright = np.full_like(images, 200)
    blank = viewed(bright, of(Augmentation(erase=4), images))[..., 0] == 0
    areas = blank.sum(axis=(1, 2))
    assert set(areas.tolist()) == {0, 16}
    assert 10 < (areas == 16).sum() < 30
    for each in blank[areas == 16]:
        rows, columns = np.flatnonzero(each.any(axis=1)), np.flatnonzero(each.any(axis=0))
        assert len(rows) == len(columns) == 4
    assert (viewed(bright, of(Augmentation(erase=100), images))[..., 0] == 0).sum() % (9 * 9) == 0


ALL = Augmentation("horizontal", 2, 10.0, 0.1, 0.2, 0.2, 3)


def test_draws_depend_on_the_seed_and_the_epoch_alone(images: Images) -> None:
    assert all(getattr(ALL, each.name) != each.default for each in fields(ALL))
    views = of(ALL, images)
    assert np.array_equal(of(ALL, images), views)
    for other in (of(ALL, images, seed="cd"), of(ALL, images, epoch=2)):
        assert not np.array_equal(other, views)
    # a part's draws are the same beside the others
    assert np.array_equal(of(Augmentation(erase=3), images)[:, 8:], views[:, 8:])
    assert np.array_equal(of(Augmentation(brightness=0.2, contrast=0.2), images)[:, 6:8], views[:, 6:8])


def test_views_are_whole_numbers_of_32_bits(images: Images) -> None:
    assert of(ALL, images).dtype == np.int32
    assert of(ALL, images).shape == (40, VIEW)
    assert viewed(images, of(ALL, images)).dtype == np.uint8


def test_any_view_can_be_seen(images: Images) -> None:
    """Places far outside are the edge's."""
    wild = np.random.default_rng(1).integers(-(2**31), 2**31, (40, VIEW)).astype(np.int32)
    assert viewed(images, wild).shape == images.shape
