"""The classifier has scikit-learn's manners: its own checks, and whatever takes an estimator."""

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import ttest_ind
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from gossamer import LightweightCNNClassifier, from_torch
from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.errors import DataError, ModelFileError
from gossamer.estimator.recipe import recipe_of
from gossamer.export import KINDS, Wanted, export_model
from gossamer.inference import Predictor
from gossamer.network import load_model
from gossamer.study import evaluate_model, training_images
from gossamer.training import CHECKS, Epoch, Recipe

SMALL = "conv4 pool conv8 pool dense"
ENGINES = ("native", "torch")
"""The engines that know recipes."""
EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": "a repeated image changes the batches and so every step;"
    " TRADES holds weights and repetitions to the same accuracy instead",
}
"""Of scikit-learn's checks, those that this classifier fails, each with its reason."""

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [LightweightCNNClassifier(epochs=60, learning_rate=0.01, batch_size=16)],
    expected_failed_checks=lambda _: EXCEPTIONS,
)
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    if "_weight" in check.func.__name__:
        estimator = clone(estimator).set_params(engine=ENGINES[0])
    check(estimator)


def test_exceptions_are_few() -> None:
    assert len(EXCEPTIONS) <= 3


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """An engine that knows recipes."""
    return str(request.param)


@pytest.fixture(scope="module")
def digits() -> Digits:
    """500 of scikit-learn's digits as images, uint8 (N, 8, 8)."""
    images, labels = load_digits(return_X_y=True)
    return np.round(images[:500] * 255 / 16).astype(np.uint8).reshape(-1, 8, 8), labels[:500]


def test_it_learns(digits: Digits) -> None:
    images, labels = digits
    found = LightweightCNNClassifier(epochs=30, learning_rate=0.005, random_state=0)
    assert found.fit(images[:400], labels[:400]).score(images[400:], labels[400:]) > 0.85


def test_every_shape_of_the_same_images_gives_the_same_model(digits: Digits) -> None:
    images, labels = digits
    classifier = LightweightCNNClassifier(SMALL, epochs=1, random_state=0)
    shapes = [images, images[..., np.newaxis], images.reshape(-1, 64)]
    hashes = {classifier.fit(each, labels).model_.hash for each in shapes}
    order = np.random.default_rng(0).permutation(len(images))
    hashes |= {classifier.fit(images[order], labels[order]).model_.hash}
    assert len(hashes) == 1


def test_rows_that_are_no_square_are_padded_with_zeros(digits: Digits) -> None:
    images, labels = digits
    rows = images.reshape(-1, 64)[:, :60]
    padded = rows.copy()
    padded = np.concatenate([padded, np.zeros((len(rows), 4), np.uint8)], axis=1)
    classifier = LightweightCNNClassifier(SMALL, epochs=1, random_state=0)
    assert classifier.fit(rows, labels).model_.hash == classifier.fit(padded, labels).model_.hash
    assert classifier.fit(rows, labels).model_.network.input_shape == (8, 8, 1)


def test_images_that_were_stored_as_floats_lose_nothing(digits: Digits) -> None:
    images, labels = digits
    classifier = LightweightCNNClassifier(SMALL, epochs=2, random_state=0)
    as_bytes = classifier.fit(images, labels).predict_proba(images)
    as_floats = classifier.fit(images / 255, labels).predict_proba(images / 255)
    assert np.array_equal(as_bytes, as_floats)


def test_what_lies_outside_the_training_range_is_cut_off(digits: Digits) -> None:
    images, labels = digits[0] / 17 + 3, digits[1]
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images, labels)
    cut = np.minimum(images * 3, images.max())
    assert np.array_equal(fitted.predict_proba(images * 3), fitted.predict_proba(cut))


UNITS: dict[str, Callable[[NDArray[np.float64]], NDArray[Any]]] = {
    "as they are": lambda images: images,
    "whole numbers": lambda images: images.astype(np.int16),
    "divided by 255": lambda images: images * 15 / 255,
    "float32, divided by 255": lambda images: (images * 15 / 255).astype(np.float32),
    "bytes": lambda images: (images * 15).astype(np.uint8),
}


@pytest.mark.parametrize("units", UNITS)
def test_the_model_file_says_what_a_value_becomes(units: str, tmp_path: Path) -> None:
    raw, labels = load_digits(return_X_y=True)
    images = UNITS[units](raw).reshape(-1, 8, 8)
    fitted = LightweightCNNClassifier(SMALL, epochs=3, learning_rate=0.01, random_state=0)
    fitted.fit(images[:1_000], labels[:1_000]).save(tmp_path / "m.safetensors")
    expected = fitted.score(images, labels)
    assert expected > 0.8
    pixels = (raw * (1 if units in {"as they are", "whole numbers"} else 15)).astype(np.uint8)
    np.savez(tmp_path / "d.npz", images=pixels.reshape(-1, 8, 8), labels=labels)
    found = evaluate_model(tmp_path / "m.safetensors", str(tmp_path / "d.npz"), split="all")
    assert found.accuracy == pytest.approx(expected, abs=1e-9)
    assert not [note for note in found.notes if "units" in note]
    module = load_model(tmp_path / "m.safetensors").to_torch()
    answers = module(torch.from_numpy(images[:, np.newaxis].copy())).argmax(dim=1).numpy()
    assert (answers == fitted.predict(images)).all()
    again = from_torch(module, (8, 8, 1))
    assert (again.values, again.scaling) == (fitted.model_.values, fitted.model_.scaling)


def test_what_reads_pixels_refuses_a_model_of_other_numbers(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images / 17 - 3, labels)
    fitted.save(tmp_path / "m.safetensors")
    np.savez(tmp_path / "d.npz", images=images, labels=labels)
    with pytest.raises(DataError, match="trained on numbers from -3 to 12, not on pixels 0 to 255"):
        evaluate_model(tmp_path / "m.safetensors", str(tmp_path / "d.npz"))
    with pytest.raises(DataError, match="not on pixels"):
        Predictor(fitted.model_, open_engine("auto"))
    wanted = Wanted(
        fitted.model_, training_images(fitted.model_, tmp_path / "m", str(tmp_path / "d.npz")), name="m"
    )
    for kind in KINDS:
        with pytest.raises(DataError, match="not on pixels"):
            export_model(wanted, kind, tmp_path / "out", open_engine("auto"))
    assert not (tmp_path / "out").exists()


def test_pixels_in_other_units_are_told_of(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    LightweightCNNClassifier(SMALL, epochs=1).fit(images // 16.0, labels).save(tmp_path / "m.safetensors")
    np.savez(tmp_path / "d.npz", images=images, labels=labels)
    found = evaluate_model(tmp_path / "m.safetensors", str(tmp_path / "d.npz"))
    assert "go up to 255, and the model was trained on 0 to 15; are they in other units?" in " ".join(
        found.notes
    )
    predictor = Predictor(load_model(tmp_path / "m.safetensors"), open_engine("auto"))
    assert "other units" in str(predictor.oddities(images[:1, ..., np.newaxis])[0])
    assert predictor.oddities(images[:1, ..., np.newaxis] // 16) == [None]


RECIPE: dict[str, Any] = {
    "optimizer": "sgd",
    "weight_decay": 0.1,
    "schedule": "cosine",
    "label_smoothing": 0.1,
    "class_weight": "balanced",
    "ema": 0.5,
    "flip": "horizontal",
    "shift": np.int64(1),
    "rotate": 10,
    "zoom": np.float32(0.25),
    "brightness": 0.2,
    "contrast": 0.2,
    "erase": 2,
}
"""A value that does something for every parameter that does nothing by default."""


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


def weighted(engine: str, layers: str = SMALL, **parameters: Any) -> LightweightCNNClassifier:
    """A classifier that trains for two epochs if nothing else is said."""
    classifier = LightweightCNNClassifier(layers, epochs=2, engine=engine, random_state=0)
    classifier.set_params(**parameters)
    return classifier


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


class _Interrupted(Exception):  # noqa: N818 - it stands for KeyboardInterrupt
    pass


def test_a_fit_that_fails_changes_nothing(digits: Digits) -> None:
    images, labels = digits
    names = np.array([f"digit {label}" for label in range(10)])

    def interrupt(_: Epoch) -> None:
        raise _Interrupted

    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images, labels)
    before, state = fitted.predict(images), dict(vars(fitted))
    for changes, error in (
        ({"layers": "conv4 pol dense"}, ValueError),
        ({"layers": SMALL, "callbacks": [interrupt]}, _Interrupted),
        ({"callbacks": None, "epochs": 0}, ValueError),
    ):
        fitted.set_params(**changes)
        with pytest.raises(error):
            fitted.fit(images[:, :7], names[labels])
        assert {name for name in vars(fitted) if vars(fitted)[name] is not state[name]} <= {
            "layers",
            "callbacks",
            "epochs",
        }
        assert np.array_equal(fitted.predict(images), before)
    first = LightweightCNNClassifier("conv4 pol dense")
    with pytest.raises(ValueError, match="pol"):
        first.fit(images, labels)
    with pytest.raises(NotFittedError):
        first.predict(images)


def test_a_data_frame_s_columns_come_back_with_their_names(tmp_path: Path) -> None:
    frame, labels = load_digits(return_X_y=True, as_frame=True)
    fitted = LightweightCNNClassifier(SMALL, epochs=2, learning_rate=0.01, random_state=0)
    fitted.fit(frame, labels).save(tmp_path / "m.safetensors")
    loaded = LightweightCNNClassifier.load(tmp_path / "m.safetensors")
    assert loaded.feature_names_in_.tolist() == list(frame.columns)
    assert loaded.score(frame, labels) == fitted.score(frame, labels)
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame[frame.columns[::-1]])


def test_parameters_and_history_come_back(digits: Digits, tmp_path: Path) -> None:
    parameters: dict[str, Any] = {
        "layers": SMALL,
        "learning_rate": np.float64(0.002),
        "batch_size": np.int64(32),
        "epochs": 3,
        "patience": 2,
        "random_state": 7,
        "n_jobs": 2,
        "engine": ENGINES[0],
        "class_weight": {0: 2, np.int64(1): np.float32(0.5)},
    } | {name: value for name, value in RECIPE.items() if name not in {"class_weight", "schedule"}}
    fitted = LightweightCNNClassifier(**parameters).fit(*digits)
    fitted.save(tmp_path / "m.safetensors")
    loaded = LightweightCNNClassifier.load(tmp_path / "m.safetensors")
    assert loaded.get_params() == fitted.get_params()
    assert loaded.history_ == fitted.history_
    assert loaded.n_iter_ == fitted.n_iter_
    assert np.array_equal(clone(loaded).fit(*digits).predict(digits[0]), fitted.predict(digits[0]))


REFUSED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "a function": ({"callbacks": [print]}, int, r"set_params\(callbacks=None\)"),
    "a generator": ({"random_state": np.random.RandomState(0)}, int, "the parameter random_state is"),
    "weights of what no label can be": (
        {"class_weight": dict.fromkeys([*range(10), (1, 2)], 1)},
        int,
        r"the parameter class_weight is '\(1, 2\)'",
    ),
    "times": ({}, "datetime64[D]", "labels of type datetime64"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_file_cannot_hold_is_not_written(case: str, digits: Digits, tmp_path: Path) -> None:
    parameters, kind, words = REFUSED[case]
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).set_params(**parameters)
    fitted.fit(digits[0], digits[1].astype(kind))
    with pytest.raises(ModelFileError, match=words) as caught:
        fitted.save(tmp_path / "m.safetensors")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_training_that_diverges_warns_and_is_not_saved(digits: Digits, tmp_path: Path) -> None:
    diverging = weighted(ENGINES[0], optimizer="sgd", learning_rate=10, weight_decay=10)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        diverging.fit(*digits)
    with pytest.raises(ModelFileError, match="nothing was written, for"):
        diverging.save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_held_out_images_calibrate_the_probabilities(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=30, learning_rate=0.01, patience=3, random_state=0)
    fitted.fit(images, labels).save(tmp_path / "m.safetensors")
    model = fitted.model_
    assert model.temperature != 1
    logits = open_engine("auto").logits(model.network, model.weights, model.scaling, images[..., np.newaxis])
    expected = softmax(logits.astype(np.float64) / model.temperature, axis=1)
    assert np.allclose(fitted.predict_proba(images), expected, atol=1e-12)
    loaded = LightweightCNNClassifier.load(tmp_path / "m.safetensors")
    assert np.array_equal(loaded.predict_proba(images), fitted.predict_proba(images))


def test_patience_holds_images_out_and_keeps_the_best_epoch(digits: Digits) -> None:
    images, labels = digits
    seen: list[Epoch] = []
    classifier = LightweightCNNClassifier(
        SMALL, epochs=200, learning_rate=0.05, patience=2, random_state=0, callbacks=[seen.append]
    )
    classifier.fit(images, labels)
    assert seen == classifier.history_
    assert classifier.n_iter_ == len(seen) < 200
    best = min(seen, key=lambda epoch: epoch.val_loss)
    assert best.epoch == len(seen) - 2
    without = clone(classifier).set_params(patience=None, epochs=2).fit(images, labels)
    assert all(np.isnan(epoch.val_loss) for epoch in without.history_)


def test_a_random_state_decides_everything(digits: Digits) -> None:
    images, labels = digits
    hashes = [
        LightweightCNNClassifier(SMALL, epochs=1, random_state=seed, n_jobs=jobs)
        .fit(images, labels)
        .model_.hash
        for seed, jobs in [(1, 1), (1, 2), (2, 1), (None, 1)]
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_engines_train_a_recipe_alike(digits: Digits) -> None:
    parameters = RECIPE | {"class_weight": {3: 2.0}, "device": "cpu"}
    first, *others = (
        weighted(engine, **parameters).fit(*digits).predict_proba(digits[0]) for engine in ENGINES
    )
    assert all(np.allclose(first, other, atol=1e-3) for other in others)


def test_both_engines_serve(digits: Digits) -> None:
    images, labels = digits
    native, torch = (
        LightweightCNNClassifier(SMALL, epochs=3, random_state=0, engine=engine, device="cpu").fit(
            images, labels
        )
        for engine in ("native", "torch")
    )
    assert np.allclose(native.predict_proba(images), torch.predict_proba(images), atol=1e-3)


@pytest.fixture
def no_workers_left() -> Iterator[None]:
    """joblib keeps its processes for the next search; other tests count this process's children."""
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("no_workers_left")
def test_a_grid_search_on_two_workers(digits: Digits) -> None:
    images, labels = digits
    grid = {"learning_rate": [0.01, 0.0001], "batch_size": [16, 64]}
    search = GridSearchCV(LightweightCNNClassifier(SMALL, epochs=3, random_state=0), grid, cv=3, n_jobs=2)
    search.fit(images, labels)
    assert search.best_params_["learning_rate"] == 0.01
    assert search.best_estimator_.predict(images).shape == labels.shape


def test_it_works_within_what_takes_an_estimator(digits: Digits) -> None:
    images, labels = digits
    classifier = LightweightCNNClassifier(SMALL, epochs=4, learning_rate=0.01, random_state=0)
    assert cross_val_score(classifier, images, labels, cv=3).mean() > 0.5
    halves = make_pipeline(
        FunctionTransformer(lambda each: each[:, ::2, ::2]), classifier.set_params(layers="auto")
    )
    assert halves.fit(images, labels).score(images, labels) > 0.3
    calibrated = CalibratedClassifierCV(clone(classifier), cv=3).fit(images.reshape(-1, 64), labels)
    assert np.allclose(calibrated.predict_proba(images.reshape(-1, 64)).sum(axis=1), 1)


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


LABELS = {
    "texts": np.array(["cat", "dög"]),
    "objects, as pandas has them": np.array(["cat", "dög"], object),
    "numbers": np.array([-3, 70_000_000_000]),
    "booleans": np.array([False, True]),
    "fractions": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_a_file_brings_back_the_classifier_and_its_labels(kind: str, digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    named = LABELS[kind][labels % 2]
    of_classes = dict.fromkeys(LABELS[kind].tolist(), 1) | {LABELS[kind].tolist()[1]: 2.5}
    for pixels in (images, images.reshape(-1, 64) / 17 + 3):
        fitted = weighted(ENGINES[0], class_weight=of_classes).fit(pixels, named)
        fitted.save(tmp_path / "model.safetensors")
        loaded = LightweightCNNClassifier.load(tmp_path / "model.safetensors")
        assert np.array_equal(loaded.predict_proba(pixels), fitted.predict_proba(pixels))
        assert loaded.predict(pixels).tolist() == fitted.predict(pixels).tolist()
        assert loaded.classes_.dtype == named.dtype
        assert loaded.class_weight == fitted.class_weight
        assert isinstance(loaded.class_weight, dict)
        assert [type(label) for label in loaded.class_weight] == [type(label) for label in of_classes]
        copy = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - as joblib does for its workers
        assert copy.predict(pixels).tolist() == fitted.predict(pixels).tolist()


def test_a_studys_model_is_a_classifier_too(tmp_path: Path, fashion_mnist: Dataset) -> None:
    few = fashion_mnist.train.take(np.arange(0, 60_000, 300))
    named = np.array(few.classes)[few.labels]
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(few.images, named)
    fitted.model_.save(tmp_path / "model.safetensors")  # as a study does, which knows nothing of estimators
    loaded = LightweightCNNClassifier.load(tmp_path / "model.safetensors")
    assert loaded.predict(few.images).tolist() == fitted.predict(few.images).tolist()
    assert loaded.score(few.images, named) == fitted.score(few.images, named)


HOSTILE = {
    "objects": {"label_type": "|O"},
    "times": {"label_type": "<M8[s]"},
    "no such parameter": {"parameters": {"laiers": "dense"}},
    "a list for a parameter": {"parameters": {"layers": ["dense"]}},
    "weights without labels": {"parameters": {"class_weight": [1, 2]}},
    "weights of lists": {"parameters": {"class_weight": [[[0], 1]]}},
    "parameters of another form": {"parameters": [1]},
    "an epoch of one figure": {"history": [[1]]},
    "no history": {"history": 7},
    "too few labels": {"labels": ["a"]},
    "no labels": {"labels": None},
    "a shape of texts": {"row_shape": ["x"]},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(case: str, digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images, labels)
    fitted.save(tmp_path / "model.safetensors")
    model = load_model(tmp_path / "model.safetensors")
    model.provenance["estimator"].update(HOSTILE[case])
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(ModelFileError, match="its classifier cannot be read") as caught:
        LightweightCNNClassifier.load(tmp_path / "model.safetensors")
    assert "\n" not in str(caught.value)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no network": ({"layers": "conv16 pol dense"}, "pol"),
    "pools too many": ({"layers": "pool pool pool pool dense"}, "would leave nothing"),
    "a rate below 0": ({"learning_rate": -1}, "learning_rate must be a number above 0 up to 10; got -1"),
    "no epochs": ({"epochs": 0}, "epochs must be a whole number from 1 to 10000; got 0"),
    "half a batch": ({"batch_size": 0.5}, "batch_size must be a whole number"),
    "no engine": ({"engine": "tpu"}, "no engine 'tpu'"),
    "all held out": ({"patience": 1, "validation": 1.5}, "validation must be a number above 0 up to 0.9"),
    "no patience": ({"patience": 0}, "patience must be a whole number from 1 to 10000; got 0"),
    "an optimizer's name": ({"optimizer": "sdg"}, "optimizer must be one of .*; did you mean 'sgd'"),
    "decay under Adam": ({"weight_decay": 0.1}, "weight_decay = 0.1 needs optimizer = 'adamw' or 'sgd'"),
    "a schedule with patience": (
        {"schedule": "cosine", "patience": 3},
        "schedule = 'cosine' spans all epochs, and patience = 3 .* set patience=None or schedule='constant'",
    ),
    "an average that never moves": ({"ema": 1}, "ema must be a number from 0 to 0.99999; got 1"),
    "half a pixel": ({"shift": 0.5}, "shift must be a whole number from 0 to 1000; got 0.5"),
    "weights by another name": (
        {"class_weight": "balance"},
        "class_weight must be None, 'balanced' or a dict",
    ),
    "a list of weights": ({"class_weight": [1, 2]}, r"class_weight must be None, .* got \[1, 2\]"),
    "a negative weight": ({"class_weight": {3: -1}}, r"class_weight\[3\] must be a number from 0 on; got -1"),
    "a weight of a text": ({"class_weight": {3: "1"}}, r"class_weight\[3\] must be a number from 0 on"),
    "weights of texts": ({"class_weight": {"3": 2}}, "no weight for the label 0, and one for '3'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_parameter_is_a_value_error_in_one_line(case: str, digits: Digits) -> None:
    parameters, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        LightweightCNNClassifier(**parameters).fit(*digits)
    assert "\n" not in str(caught.value)


def test_images_of_another_shape_or_scale_are_refused(digits: Digits) -> None:
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=1).fit(images, labels)
    with pytest.raises(ValueError, match="trained on"):
        fitted.predict(images[:, :, :7])
    with pytest.raises(ValueError, match="scaled otherwise"):
        fitted.predict(images / 255)


@pytest.mark.parametrize("pair", [("K\u00fche", "Ku\u0308he"), ("dog", "dog ")])
def test_labels_that_read_the_same_are_refused(pair: tuple[str, str], digits: Digits) -> None:
    images, labels = digits
    with pytest.raises(ValueError, match="two classes are called"):
        LightweightCNNClassifier("dense", epochs=1).fit(images, np.array(pair)[labels % 2])


def test_channels_first_are_refused_with_what_puts_them_last(digits: Digits) -> None:
    _, labels = digits
    images = np.zeros((len(labels), 3, 32, 32), np.uint8)
    with pytest.raises(ValueError, match=r"transpose\(0, 2, 3, 1\) puts them last"):
        LightweightCNNClassifier("dense", epochs=1).fit(images, labels)
