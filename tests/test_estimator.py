"""The classifier has scikit-learn's manners: its own checks, and whatever takes an estimator."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray
from safetensors import safe_open
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from gossamer import LightweightCNNClassifier
from gossamer.data import Dataset
from gossamer.errors import ModelFileError
from gossamer.training import Epoch

SMALL = "conv4 pool conv8 pool dense"
EXCEPTIONS: dict[str, str] = {}
"""Of scikit-learn's checks, those that this classifier fails, each with its reason."""

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]


@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [LightweightCNNClassifier(epochs=60, learning_rate=0.01, batch_size=16)],
    expected_failed_checks=lambda _: EXCEPTIONS,
)
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_exceptions_are_few() -> None:
    assert len(EXCEPTIONS) <= 3


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
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images / 255, labels)
    assert np.array_equal(
        fitted.predict_proba(images / 255 * 3), fitted.predict_proba(np.minimum(images / 255 * 3, 1))
    )


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
    "numbers": np.array([-3, 70_000_000_000]),
    "booleans": np.array([False, True]),
    "fractions": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_a_file_brings_back_the_classifier_and_its_labels(kind: str, digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    named = LABELS[kind][labels % 2]
    for pixels in (images, images.reshape(-1, 64) / 17 + 3):
        fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(pixels, named)
        fitted.save(tmp_path / "model.safetensors")
        loaded = LightweightCNNClassifier.load(tmp_path / "model.safetensors")
        assert np.array_equal(loaded.predict_proba(pixels), fitted.predict_proba(pixels))
        assert loaded.predict(pixels).tolist() == fitted.predict(pixels).tolist()
        assert loaded.classes_.dtype == named.dtype
        copy = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - as joblib does for its workers
        assert copy.predict(pixels).tolist() == fitted.predict(pixels).tolist()


def test_a_studys_model_is_a_classifier_too(tmp_path: Path, fashion_mnist: Dataset) -> None:
    few = fashion_mnist.train.take(np.arange(0, 60_000, 300))
    named = np.array(few.classes)[few.labels]
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(few.images, named)
    fitted.model_.provenance.clear()  # as a study's model, which knows nothing of estimators
    fitted.save(tmp_path / "model.safetensors")
    loaded = LightweightCNNClassifier.load(tmp_path / "model.safetensors")
    assert loaded.predict(few.images).tolist() == fitted.predict(few.images).tolist()
    assert loaded.score(few.images, named) == fitted.score(few.images, named)


HOSTILE = {
    "objects": {"label_type": "|O"},
    "too few labels": {"labels": ["a"]},
    "no labels": {"labels": None},
    "a shape of texts": {"row_shape": ["x"]},
    "a range of one": {"range": [1]},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(case: str, digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    fitted = LightweightCNNClassifier(SMALL, epochs=1, random_state=0).fit(images, labels)
    fitted.model_.provenance["estimator"].update(HOSTILE[case])
    fitted.save(tmp_path / "model.safetensors")
    with safe_open(tmp_path / "model.safetensors", "numpy") as file:
        assert json.loads(file.metadata()["gossamer"])
    with pytest.raises(ModelFileError, match="labels or scaling cannot be understood") as caught:
        LightweightCNNClassifier.load(tmp_path / "model.safetensors")
    assert "\n" not in str(caught.value)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no network": ({"layers": "conv16 pol dense"}, "pol"),
    "pools too many": ({"layers": "pool pool pool pool dense"}, "would leave nothing"),
    "a rate below 0": ({"learning_rate": -1}, "learning_rate must be a number above 0"),
    "no epochs": ({"epochs": 0}, "epochs must be a whole number from 1 on; got 0"),
    "half a batch": ({"batch_size": 0.5}, "batch_size must be a whole number"),
    "no engine": ({"engine": "tpu"}, "no engine 'tpu'"),
    "all held out": ({"patience": 1, "validation": 1.5}, "validation must be a number above 0 and below 1"),
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
