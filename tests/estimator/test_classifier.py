"""The classifier is scikit-learn-compatible: its own checks, and whatever takes an estimator."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from scipy.special import softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from gossamer import LightweightCNNClassifier, from_torch
from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.errors import DataError, ModelFileError
from gossamer.export import KINDS, Wanted, export_model
from gossamer.inference import Predictor
from gossamer.network import load_model
from gossamer.study import evaluate_model, training_images
from gossamer.training import Epoch
from tests.estimator.conftest import ENGINES, RECIPE, SMALL, UNITS, Digits, weighted

EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": "a repeated image changes the batches and so every step;"
    " test_weights.py holds weights and repetitions to the same accuracy instead",
}
"""Of scikit-learn's checks, those that this classifier fails, each with its reason."""


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
