"""The classifier takes whole recipes, by either engine, wherever an estimator is used."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gossamer import LightweightCNNClassifier
from gossamer.estimator.recipe import recipe_of
from gossamer.training import CHECKS, Recipe
from tests.estimator.conftest import ENGINES, RECIPE, SMALL, UNITS, Digits, weighted


def test_a_classifier_takes_what_a_recipe_has_and_by_default_does_nothing() -> None:
    parameters = LightweightCNNClassifier().get_params()
    assert {*RECIPE, "learning_rate", "batch_size", "epochs"} == {
        name.replace("class_weights", "class_weight") for name in CHECKS
    }
    plain = Recipe("seed", 0.001, 64, 10)
    assert recipe_of(parameters, "seed") == plain
    recipe = recipe_of(parameters | RECIPE, "seed")
    assert not [
        name
        for name in CHECKS.keys() & vars(plain).keys() - {"learning_rate", "batch_size"}
        if getattr(recipe, name) == getattr(plain, name)
    ]


@pytest.mark.parametrize("name", RECIPE)
def test_every_parameter_of_a_recipe_changes_the_model(name: str, engine: str, digits: Digits) -> None:
    changes = {name: RECIPE[name]} | ({"optimizer": "adamw"} if name == "weight_decay" else {})
    classifier = LightweightCNNClassifier(SMALL, epochs=2, engine=engine, random_state=0)
    plain, changed = (clone(classifier).set_params(**each).fit(*digits) for each in ({}, changes))
    assert changed.model_.hash != plain.model_.hash
    assert changed.model_.hash == clone(changed).fit(*digits).model_.hash


def test_an_average_of_the_weights_is_validated_and_kept(engine: str, digits: Digits) -> None:
    images, labels = digits
    without = LightweightCNNClassifier(
        SMALL, epochs=4, learning_rate=0.05, patience=4, engine=engine, random_state=0
    ).fit(images, labels)
    averaged = clone(without).set_params(ema=0.9).fit(images, labels)
    for ours, theirs in zip(averaged.history_, without.history_, strict=True):
        assert ours.train_loss == theirs.train_loss
        assert ours.val_loss != theirs.val_loss
    assert averaged.model_.hash != without.model_.hash


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_a_whole_recipe_learns(schedule: str, engine: str, digits: Digits) -> None:
    images, labels = digits
    found = LightweightCNNClassifier(
        epochs=30,
        learning_rate=0.01,
        batch_size=32,
        optimizer="adamw",
        weight_decay=0.05,
        schedule=schedule,
        label_smoothing=0.1,
        class_weight="balanced",
        ema=0.95,
        rotate=10,
        brightness=0.2,
        engine=engine,
        random_state=0,
    )
    assert found.fit(images[:400], labels[:400]).score(images[400:], labels[400:]) > 0.85


@pytest.mark.parametrize("units", UNITS)
def test_contrast_and_brightness_are_of_the_range_of_the_numbers(units: str, engine: str) -> None:
    """About 128, a change of contrast would blank digits from 0 to 16."""
    raw, labels = load_digits(return_X_y=True)
    images = UNITS[units](raw).reshape(-1, 8, 8)
    found = weighted(engine, "dense", epochs=10, learning_rate=0.01, contrast=0.5, brightness=0.5)
    assert found.fit(images[:600], labels[:600]).score(images[600:], labels[600:]) > 0.85


def test_engines_train_a_recipe_alike(digits: Digits) -> None:
    parameters = RECIPE | {"class_weight": {3: 2.0}, "device": "cpu"}
    first, *others = (
        weighted(engine, **parameters).fit(*digits).predict_proba(digits[0]) for engine in ENGINES
    )
    assert all(np.allclose(first, other, atol=1e-3) for other in others)


def test_recipes_work_within_what_takes_an_estimator(digits: Digits) -> None:
    images, labels = digits[0].reshape(-1, 64), digits[1]
    weights = np.random.default_rng(0).random(len(labels))
    classifier = weighted(ENGINES[0], learning_rate=0.01, shift=1)
    grid = [
        {"optimizer": ["adamw"], "weight_decay": np.array([0.0, 0.1]), "class_weight": [None, "balanced"]},
        {"schedule": ["one-cycle"], "class_weight": [{0: 2.0}], "ema": [np.float32(0.5)]},
    ]
    search = GridSearchCV(classifier, grid, cv=2, error_score="raise").fit(
        images, labels, sample_weight=weights
    )
    assert len(search.cv_results_["params"]) == 5
    assert cross_val_score(classifier, images, labels, cv=2, params={"sample_weight": weights}).mean() > 0.2
    step = make_pipeline(FunctionTransformer(), classifier)
    step.fit(images, labels, lightweightcnnclassifier__sample_weight=weights)
    assert step[-1].model_.hash == clone(classifier).fit(images, labels, weights).model_.hash
    boosted = AdaBoostClassifier(classifier, n_estimators=2, random_state=0).fit(images, labels)
    assert len(boosted.estimators_) == 2
