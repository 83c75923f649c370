"""Weights of images and of classes: whose they are, what they are worth, and which are refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_ind
from sklearn.datasets import load_digits

from gossamer import LightweightCNNClassifier
from tests.estimator.conftest import SMALL, Digits, weighted


def test_weights_follow_their_images(engine: str, digits: Digits) -> None:
    """Also those of images that are there twice, and differ in nothing but their weights."""
    images, labels = np.concatenate([digits[0]] * 2), np.concatenate([digits[1]] * 2)
    rng = np.random.default_rng(0)
    weights, order = rng.random(len(images)), rng.permutation(len(images))
    first = weighted(engine).fit(images, labels, weights).model_.hash
    assert weighted(engine).fit(images[order], labels[order], weights[order]).model_.hash == first
    assert weighted(engine).fit(images[order], labels[order], weights).model_.hash != first


def test_only_the_proportions_of_weights_matter(engine: str, digits: Digits) -> None:
    weights = np.random.default_rng(0).random(len(digits[0]))
    classifier = weighted(engine)
    for some, same in [
        (None, np.full(len(weights), 7)),
        (weights, weights * 4),
        (weights, weights * 2.0**1020),
    ]:
        hashes = {classifier.fit(*digits, sample_weight=each).model_.hash for each in (some, same)}
        assert len(hashes) == 1


def test_a_weight_of_a_class_is_that_of_its_images(engine: str, digits: Digits) -> None:
    images, labels = digits
    of_classes = {3: 2.0, np.int64(5): 0, 99: 1}  # 99 is in no image, and the others are not named: 1
    with pytest.raises(ValueError, match="no weight for the label 0, and one for 99, which is no label of y"):
        weighted(engine, class_weight=of_classes).fit(images, labels)
    del of_classes[99]
    of_images = np.where(labels == 3, 2.0, labels != 5)
    both = weighted(engine, class_weight=of_classes).fit(images, labels)
    assert both.model_.hash == weighted(engine).fit(images, labels, of_images).model_.hash
    assert 5 not in both.set_params(epochs=10, learning_rate=0.01).fit(images, labels).predict(images)
    squared = weighted(engine, class_weight=of_classes).fit(images, labels, of_images)
    assert squared.model_.hash == weighted(engine).fit(images, labels, of_images**2).model_.hash


SHARES: dict[str, tuple[Any, Any, float]] = {
    "nothing": (None, None, 0.25),
    "classes": ({"yes": 9}, None, 0.75),
    "balanced": ("balanced", None, 0.5),
    "images": (None, (1, 9), 0.75),
    "both": ({"yes": 3}, (1, 3), 0.75),
    "balanced with weights": ("balanced", (1, 9), 0.5),
}
"""Weights of classes and of the images of either, and the share that "yes" then has, of one image in four."""


@pytest.mark.parametrize("case", SHARES)
def test_what_all_images_have_in_common_is_predicted_by_the_weights(case: str, engine: str) -> None:
    class_weight, of_images, expected = SHARES[case]
    labels = np.array(["no", "no", "no", "yes"] * 8)
    images = np.full((len(labels), 2, 2), 128, np.uint8)
    weights = None if of_images is None else np.where(labels == "yes", *of_images[::-1])
    found = weighted(engine, "dense", class_weight=class_weight, epochs=200, learning_rate=0.02)
    found.set_params(batch_size=32).fit(images, labels, weights)
    assert found.predict_proba(images[:1])[0, 1] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_in_one_batch_a_weight_is_a_number_of_images(class_weight: Any, engine: str, digits: Digits) -> None:
    images, labels = digits
    weights = np.random.default_rng(0).integers(0, 4, len(images))
    classifier = weighted(engine, class_weight=class_weight, batch_size=2000, epochs=30, learning_rate=0.01)
    found = classifier.fit(images, labels, weights).predict_proba(images)
    classifier.fit(np.repeat(images, weights, axis=0), np.repeat(labels, weights))
    assert np.allclose(found, classifier.predict_proba(images), atol=1e-4)
    assert not np.allclose(found, classifier.fit(images, labels).predict_proba(images), atol=0.1)


Trade = Callable[[NDArray[np.bool_]], tuple[NDArray[np.integer[Any]], Any, int]]
TRADES: dict[str, tuple[Trade, Trade]] = {
    "weight 0 and left out": (
        lambda right: (np.arange(len(right)), right * 1.0, 32),
        lambda right: (np.flatnonzero(right), None, 16),
    ),
    "weight 3 and repeated": (
        lambda right: (np.arange(len(right)), right * 2.0 + 1, 32),
        lambda right: (np.repeat(np.arange(len(right)), right * 2 + 1), None, 64),
    ),
}
"""Two ways to the same: rows of the images, their weights, and the batch size that gives as many steps.

Of 640 images half have wrong labels, so that it matters which count. All batches are full, and steps are
small: large ones would show that the gradients of batches are less noisy where an image comes in several.
"""


@pytest.mark.parametrize("case", TRADES)
def test_weights_are_worth_as_many_images(case: str, engine: str) -> None:
    images, labels = load_digits(return_X_y=True)
    right = np.random.default_rng(0).permutation(640) < 320
    given = np.where(right, labels[:640], (labels[:640] + 1) % 10)

    def accuracies(rows: NDArray[np.integer[Any]], weights: Any, batch_size: int) -> list[float]:
        classifier = weighted(engine, "dense", epochs=20, learning_rate=0.003, batch_size=batch_size)
        return [
            classifier.set_params(random_state=seed)
            .fit(images[rows], given[rows], weights)
            .score(images[640:], labels[640:])
            for seed in range(5)
        ]

    ours, theirs = (accuracies(*trade(right)) for trade in TRADES[case])
    without = accuracies(np.arange(640), None, 32)
    assert ttest_ind(ours, theirs).pvalue > 0.05, (ours, theirs)
    assert ttest_ind(ours, without).pvalue < 0.01, (ours, without)


WEIGHTS_REFUSED: dict[str, tuple[Any, str]] = {
    "all zero": (np.zeros(500), "zero"),
    "negative": (-np.arange(500), "[Nn]egative"),
    "too few": (np.ones(499), "sample_weight"),
    "of two dimensions": (np.ones((500, 2)), "1D"),
    "none": (np.full(500, np.nan), "NaN"),
}


@pytest.mark.parametrize("case", WEIGHTS_REFUSED)
def test_weights_that_are_none_are_refused(case: str, digits: Digits) -> None:
    weights, words = WEIGHTS_REFUSED[case]
    with pytest.raises(ValueError, match=words):
        LightweightCNNClassifier(SMALL, epochs=1).fit(*digits, sample_weight=weights)


def test_some_image_that_is_trained_on_must_count(digits: Digits) -> None:
    one = LightweightCNNClassifier(
        SMALL, epochs=1, patience=1, validation=0.5, engine="torch", random_state=0
    )

    def fits(weighted_images: NDArray[np.int64]) -> bool:
        try:
            one.fit(*digits, sample_weight=np.isin(np.arange(500), weighted_images))
        except ValueError as error:
            assert "weights of all images to train on are zero" in str(error)  # noqa: PT017 - counted below
            return False
        return True

    assert 0 < sum(fits(np.array([row])) for row in range(10)) < 10  # half of the images are held out
    for class_weight, weights in ((dict.fromkeys(range(10), 0), None), ({3: 0}, digits[1] == 3)):
        with pytest.raises(ValueError, match="are zero"):
            one.set_params(class_weight=class_weight).fit(*digits, sample_weight=weights)
