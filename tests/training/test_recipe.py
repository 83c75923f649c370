"""A recipe: the weights of images, and which epoch's weights are kept."""

import numpy as np
import pytest

from gossamer.training import Recipe

LABELS = np.array([0, 0, 0, 1, 2, 2, 0, 1])
ROWS = np.arange(6)


def recipe(class_weights: str) -> Recipe:
    return Recipe("seed", 0.1, 8, 1, class_weights=class_weights)


def test_balanced_classes_have_the_same_weight_in_all() -> None:
    """Three, one and two images of the training rows; the others have their class's weight, too."""
    weights = recipe("balanced").image_weights(LABELS, ROWS)
    assert weights is not None
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, np.array([1 / 3, 1 / 3, 1 / 3, 1, 1 / 2, 1 / 2, 1 / 3, 1]) * 2)
    assert weights[ROWS].mean() == pytest.approx(1)


def test_given_weights_count_by_their_proportions() -> None:
    given = np.array([1.0, 2, 3, 4, 5, 6, 7, 8])
    assert recipe("none").image_weights(LABELS, ROWS) is None
    alone, doubled = (recipe("none").image_weights(LABELS, ROWS, each) for each in (given, 2 * given))
    assert alone is not None
    assert doubled is not None
    np.testing.assert_allclose(alone, given / given[ROWS].mean(), rtol=1e-6)
    assert np.array_equal(alone, doubled)


def test_given_weights_are_balanced_as_if_images_were_repeated() -> None:
    given = np.array([1, 2, 3, 1, 2, 0, 1, 1])
    repeated = np.repeat(np.arange(8), given)
    rows = np.flatnonzero(repeated < len(ROWS))
    weights = recipe("balanced").image_weights(LABELS, ROWS, given.astype(float))
    expected = recipe("balanced").image_weights(LABELS[repeated], rows)
    assert weights is not None
    assert expected is not None
    totals, wanted = (
        np.bincount(LABELS[ROWS], weights[ROWS]),
        np.bincount(LABELS[repeated][rows], expected[rows]),
    )
    np.testing.assert_allclose(totals, totals[0], rtol=1e-6)
    np.testing.assert_allclose(totals / totals.sum(), wanted / wanted.sum(), rtol=1e-6)
    assert np.isfinite(weights).all()
    assert weights[5] == 0
    np.testing.assert_allclose(weights[:3] / weights[0], given[:3], rtol=1e-6)


def test_a_class_without_training_images_does_no_harm() -> None:
    weights = recipe("balanced").image_weights(np.array([0, 0, 1]), np.array([0, 1]))
    assert weights is not None
    assert weights[:2].tolist() == [1, 1]
    assert np.isfinite(weights).all()
