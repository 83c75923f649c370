"""A scikit-learn classifier: one network, one fit."""

from collections.abc import Callable, Sequence
from math import isqrt
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from gossamer.data import LabelledImages, Split, holdout
from gossamer.engine import Engine, open_engine
from gossamer.errors import GossamerError, ModelFileError
from gossamer.network import Architecture, Model, Scaling, load_model
from gossamer.network.layers import Shape
from gossamer.seeds import derive_seed
from gossamer.training import Epoch, Recipe, fit

REPORTED = ("conv16", "pool", "conv32", "pool", "dense")
"""The report's network, in words."""


class LightweightCNNClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """A tiny convolutional network with scikit-learn's manners.

    Images are (N, H, W), (N, H, W, C) with C 1 to 4, or flat rows (N, F) that are taken for grey squares,
    padded with zeros to the next square. uint8 is divided by 255. Every other type is min-max scaled by the
    training data's minimum and maximum, what lies outside is cut off, and is kept in 256 steps, as pixels
    are: nothing is lost of images that were stored as floats, and 1/510 of the range at most of anything
    else.

    Args:
        layers: the network in words, such as "conv16 pool conv32 pool dense"; "auto" is the report's network,
            less the pools that are too many for the images.
        learning_rate: Adam's, above 0.
        batch_size: images a step.
        epochs: how often all images are trained on, at most.
        patience: stop after so many epochs without a lower validation loss, on a stratified share
            `validation` of the images, and keep the best epoch's weights; None trains all epochs on all.
        validation: the share held out for `patience`.
        engine: "auto" (native where it was built, else torch), "native" or "torch".
        device: "auto", "cpu", "cuda" or "mps".
        n_jobs: CPU threads of the native engine; None is 1, -1 all. No result depends on it.
        random_state: seeds the initial weights, the order of the images and the held-out share: a number or a
            RandomState; None takes NumPy's global one, so that every fit differs. The order of the rows does
            not count: the same images in any order give the same model.
        callbacks: functions that get each epoch's figures, a `gossamer.training.Epoch`, as soon as it
            is done.

    Attributes:
        classes_: the labels, in order.
        n_features_in_: the length of a flat row, or the images' height.
        history_: an `Epoch` for every epoch trained; its validation figures are NaN without `patience`.
        n_iter_: how many epochs were trained.
        model_: the `gossamer.network.Model`; `model_.to_torch()` is a torch.nn module.
    """

    def __init__(
        self,
        layers: str = "auto",
        *,
        learning_rate: float = 0.001,
        batch_size: int = 64,
        epochs: int = 10,
        patience: int | None = None,
        validation: float = 0.2,
        engine: str = "auto",
        device: str = "auto",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        callbacks: Sequence[Callable[[Epoch], object]] | None = None,
    ) -> None:
        self.layers = layers
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.engine = engine
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any) -> Self:
        """Train on images `X` with labels `y` (N,) of any type that sorts.

        Raises:
            ValueError: images, labels or a parameter are not what they must be.
        """
        X, y = validate_data(self, X, y, allow_nd=True, dtype="numeric", ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"a classifier needs at least 2 classes; y holds one class, {self.classes_[0]!r}"
            )
        self._row_shape = X.shape[1:]
        self._range = None if X.dtype == np.uint8 else (float(X.min()), float(X.max()))
        try:
            self._fit(self._images(X), labels)
        except GossamerError as error:
            raise ValueError(str(error)) from error
        return self

    def _fit(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        engine, shape = self._open_engine(), images.shape[1:]
        words = _report_network(shape) if self.layers == "auto" else self.layers
        network = Architecture.parse(words, shape, len(self.classes_))
        engine.check(network)
        names = [str(label) for label in range(len(self.classes_))]
        examples = LabelledImages.from_arrays(images, labels, names)
        drawn = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        seed = derive_seed("estimator", int(drawn))
        recipe = self._recipe(seed)
        if recipe.patience is None:
            split = Split(np.arange(len(examples)), np.arange(0))
        else:
            split = holdout(examples, validation=self.validation, stratified=True, seed=seed)
        fitted = fit(
            engine,
            network,
            Scaling(),
            examples,
            split,
            recipe,
            threads=_threads(self.n_jobs),
            on_epoch=lambda checkpoint: self._call_back(checkpoint.history[-1]),
        )
        self.history_ = list(fitted.history)
        self.n_iter_ = len(fitted.history)
        self.model_ = Model(
            network, fitted.weights, Scaling(), tuple(map(str, self.classes_)), self._provenance()
        )

    def _recipe(self, seed: str) -> Recipe:
        for name in ("batch_size", "epochs", "patience"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not (whole and value >= 1) and not (name == "patience" and value is None):
                raise ValueError(f"{name} must be a whole number from 1 on; got {value!r}")
        for name, low, high in (("learning_rate", 0, np.inf), ("validation", 0, 1)):
            value = getattr(self, name)
            if not isinstance(value, float | int | np.number) or not low < value < high:
                raise ValueError(f"{name} must be a number above {low} and below {high}; got {value!r}")
        patience = None if self.patience is None else int(self.patience)
        return Recipe(seed, float(self.learning_rate), int(self.batch_size), int(self.epochs), patience)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities (N, classes) of images `X`, in the order of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, allow_nd=True, dtype="numeric")
        if X.shape[1:] != self._row_shape:
            raise ValueError(
                f"X has images of {X.shape[1:]}; the classifier was trained on {self._row_shape}"
            )
        if (X.dtype == np.uint8) != (self._range is None):
            trained = "uint8" if self._range is None else "numbers that are not uint8"
            raise ValueError(
                f"X is {X.dtype}, and the classifier was trained on {trained}, which is scaled otherwise"
            )
        model = self.model_
        logits = self._open_engine().logits(
            model.network, model.weights, model.scaling, self._images(X), threads=_threads(self.n_jobs)
        )
        found: NDArray[np.float64] = softmax(logits.astype(np.float64), axis=1)
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        """The labels (N,) of images `X`."""
        likeliest = self.predict_proba(X).argmax(axis=1)  # first of all sees that there is a fit
        found: NDArray[Any] = self.classes_[likeliest]
        return found

    def save(self, path: str | Path) -> None:
        """Write the fitted classifier as a model file (safetensors), whole or not at all."""
        check_is_fitted(self)
        self.model_.save(Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A fitted classifier from a model file: of `save`, or of a study, whose images are uint8.

        Raises:
            ModelFileError: it is no such file.
        """
        model = load_model(Path(path))
        try:
            labels, row_shape, bounds = _understood(model)
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise ModelFileError(f"{path}: its labels or scaling cannot be understood ({error})") from error
        loaded = cls(model.network.words)
        loaded.model_, loaded.classes_ = model, labels
        loaded._row_shape, loaded._range = row_shape, bounds
        loaded.n_features_in_ = row_shape[0]
        loaded.history_, loaded.n_iter_ = [], 0
        return loaded

    def __sklearn_tags__(self) -> Tags:
        """Images may have three dimensions."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _open_engine(self) -> Engine:
        try:
            return open_engine(self.engine, self.device)
        except GossamerError as error:
            raise ValueError(str(error)) from error

    def _call_back(self, epoch: Epoch) -> None:
        for callback in self.callbacks or ():
            callback(epoch)

    def _images(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        """The images of checked `X`, uint8 (N, H, W, C)."""
        pixels = X if self._range is None else _in_256_steps(X, *self._range)
        if pixels.ndim == 2:
            side = isqrt(pixels.shape[1] - 1) + 1
            padded = np.zeros((len(pixels), side * side), np.uint8)
            padded[:, : pixels.shape[1]] = pixels
            return padded.reshape(-1, side, side, 1)
        if pixels.ndim == 3:
            return pixels[..., np.newaxis]
        if pixels.ndim != 4 or pixels.shape[3] > 4:
            raise ValueError(
                f"X has the shape {X.shape}; expected (N, H, W), (N, H, W, C) with C 1 to 4, or (N, F)"
            )
        return pixels

    def _provenance(self) -> dict[str, Any]:
        return {
            "estimator": {
                "labels": self.classes_.tolist(),
                "label_type": self.classes_.dtype.str,
                "row_shape": list(self._row_shape),
                "range": None if self._range is None else list(self._range),
            }
        }


def _report_network(shape: Shape) -> str:
    """The report's network, with as many of its pools as leave something of the image."""
    pools = min(shape[:2]).bit_length() - 1
    words = []
    for word in REPORTED:
        if word == "pool":
            pools -= 1
            if pools < 0:
                continue
        words.append(word)
    return " ".join(words)


def _in_256_steps(X: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    if high <= low:
        return np.zeros(X.shape, np.uint8)
    scaled = (np.clip(X.astype(np.float64), low, high) / 2 - low / 2) / (high / 2 - low / 2)  # no overflow
    return np.round(scaled * 255).astype(np.uint8)


def _threads(n_jobs: int | None) -> int:
    from joblib import effective_n_jobs  # noqa: PLC0415 - it comes with scikit-learn

    return int(effective_n_jobs(n_jobs))


def _understood(model: Model) -> tuple[NDArray[Any], tuple[int, ...], tuple[float, float] | None]:
    """The labels, the shape of a row, and the range of what was scaled, as `_provenance` writes them."""
    found = model.provenance.get("estimator")
    if found is None:
        return np.array(model.classes), model.network.input_shape, None
    kind = np.dtype(str(found["label_type"]))
    if kind.kind not in "biufU":
        raise TypeError(f"labels of type {kind}")
    labels = np.array(found["labels"], kind)
    row_shape = tuple(int(size) for size in found["row_shape"])
    bounds = None if found["range"] is None else (float(found["range"][0]), float(found["range"][1]))
    if labels.shape != (len(model.classes),) or not 1 <= len(row_shape) <= 3:
        raise ValueError(f"{labels.shape} labels, rows of {row_shape}")
    return labels, row_shape, bounds
