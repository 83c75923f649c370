"""A scikit-learn-compatible classifier: one network, one fit."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from gossamer.class_names import distinct_names
from gossamer.data import Split, edge_brightness, holdout
from gossamer.engine import Engine, open_engine
from gossamer.errors import GossamerError, ModelFileError
from gossamer.estimator.images import examples_of, pixels_of
from gossamer.estimator.kept import check_same, kept_in, with_kept
from gossamer.estimator.recipe import recipe_of
from gossamer.estimator.weights import Weights, check_some_count, weights_of
from gossamer.evaluation import fit_temperature
from gossamer.network import PIXELS, Architecture, Model, Scaling, Values, load_model, scaling_of
from gossamer.network.ops import Shape
from gossamer.seeds import derive_seed
from gossamer.training import Epoch, fit

REPORTED = ("conv16", "pool", "conv32", "pool", "dense")
"""The layers of the report's network."""


class LightweightCNNClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """A tiny convolutional network, scikit-learn-compatible.

    Images are (N, H, W), (N, H, W, C) with C 1 to 4, or flat rows (N, F), which are read as grey squares and
    padded to the next square. uint8 is divided by 255. Every other type is min-max scaled by the minimum and
    maximum of the training data. Whole numbers from 0 to 255 are kept exactly, and so are those divided by
    255. Other numbers are rounded to 256 steps of their range, and clipped to it. The model file records the
    scaling, and all its readers apply it.

    Args:
        layers: the network in words, such as "conv16 pool conv32 pool dense"; "auto" is the report's network
            with as many of its pools as the images allow.
        learning_rate: the highest of the schedule, above 0.
        batch_size: images per step.
        epochs: the largest number of passes over all images.
        patience: stop after so many epochs without a lower validation loss, on a stratified share
            `validation` of the images, and keep the weights of the best epoch; None trains all epochs on all
            images. Not with a `schedule`.
        validation: the share held out for `patience`, up to 0.9.
        optimizer: "adam", "adamw" or "sgd" (Nesterov's momentum, 0.9).
        weight_decay: decoupled, of the kernels; "adam" takes none.
        schedule: of the learning rate over all epochs: "constant", "cosine" or "one-cycle".
        label_smoothing: the share of every target that goes to all classes alike, up to 0.9.
        class_weight: how much the images of each label count: None, "balanced" (all labels the same in all),
            or a dict of labels to weights, 1 for those that it leaves out.
        ema: the decay of a moving average of the weights, which is validated and kept; 0 keeps none.
        flip: "none", "horizontal" (half of the images, by chance) or "alternating" (each in every second
            epoch). This and what follows change training images, anew in every epoch.
        shift: whole pixels at most, each way.
        rotate: degrees at most, either way.
        zoom: share at most by which images are enlarged or reduced.
        brightness: share at most by which values grow or shrink.
        contrast: share at most by which their distances from mid-grey do.
        erase: the side in pixels of a square that is blanked in half of the images.
        engine: "auto" (native where it was built, else torch), "native" or "torch".
        device: "auto", "cpu", "cuda" or "mps".
        n_jobs: CPU threads of the native engine; None is 1, -1 all. No result depends on it.
        random_state: a number or a RandomState that seeds the initial weights, the order of the images and
            the held-out share; None takes NumPy's global one, so that every fit differs. The same images in
            any order give the same model.
        callbacks: functions that are called with the `gossamer.training.Epoch` of every finished epoch.

    Attributes:
        classes_: the sorted labels.
        n_features_in_: the length of a flat row, or the height of the images.
        history_: an `Epoch` for every epoch trained; its training loss is what was minimized, weighted
            and with smoothed labels; its validation figures are plain, and NaN without `patience`.
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
        optimizer: str = "adam",
        weight_decay: float = 0.0,
        schedule: str = "constant",
        label_smoothing: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        ema: float = 0.0,
        flip: str = "none",
        shift: int = 0,
        rotate: float = 0.0,
        zoom: float = 0.0,
        brightness: float = 0.0,
        contrast: float = 0.0,
        erase: int = 0,
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
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.ema = ema
        self.flip = flip
        self.shift = shift
        self.rotate = rotate
        self.zoom = zoom
        self.brightness = brightness
        self.contrast = contrast
        self.erase = erase
        self.engine = engine
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on images `X` with labels `y` (N,) of any sortable type.

        A fit that fails or is interrupted leaves the classifier unchanged.

        Args:
            X: images, as above.
            y: their labels.
            sample_weight: how much each image counts in the loss (N,), 0 or more; None counts all the same.
                It multiplies `class_weight`, only proportions matter, and validation figures are plain. An
                image of weight 0 changes no gradient, but still takes its place in a batch, in the scaling of
                `X` and in the statistics of batch norms.

        Raises:
            ValueError: images, labels, weights or a parameter are invalid.
        """
        fitted = copy(self)
        fitted._fit(X, y, sample_weight)
        self.__dict__ = fitted.__dict__
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> None:
        X, y = validate_data(self, X, y, allow_nd=True, dtype="numeric", ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"a classifier needs at least 2 classes; y holds one class, {self.classes_[0]!r}"
            )
        weights = weights_of(self.class_weight, sample_weight, X, self.classes_, labels)
        self._row_shape, self._of_uint8 = X.shape[1:], X.dtype == np.uint8
        values, scaling = scaling_of(X)
        try:
            self._train(pixels_of(X, values, scaling), labels, weights, values, scaling)
        except GossamerError as error:
            raise ValueError(str(error)) from error

    def _train(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        weights: Weights | None,
        values: Values,
        scaling: Scaling,
    ) -> None:
        classes = distinct_names(self.classes_)
        engine, shape, threads = self._open_engine(), images.shape[1:], _threads(self.n_jobs)
        words = _report_network(shape) if self.layers == "auto" else self.layers
        network = Architecture.parse(words, shape, len(self.classes_))
        engine.check(network)
        examples, weights = examples_of(images, labels, len(self.classes_), weights)
        drawn = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        seed = derive_seed("estimator", int(drawn))
        recipe = recipe_of(self.get_params(deep=False), seed)
        if recipe.patience is None:
            split = Split(np.arange(len(examples)), np.arange(0))
        else:
            split = holdout(examples, validation=self.validation, stratified=True, seed=seed)
        if weights is not None:
            check_some_count(weights[split.train])
        fitted = fit(
            engine,
            network,
            scaling,
            examples,
            split,
            recipe,
            image_weights=weights,
            threads=threads,
            on_epoch=lambda checkpoint: self._call_back(checkpoint.history[-1]),
        )
        self.history_ = list(fitted.history)
        self.n_iter_ = len(fitted.history)
        if not all(np.isfinite(array).all() for array in fitted.weights.values()):
            warnings.warn(
                f"training diverged: a weight is NaN or infinite after {self.n_iter_} epochs; try a"
                f" learning_rate below {self.learning_rate:g}",
                ConvergenceWarning,
                stacklevel=4,
            )
        temperature = 1.0
        if recipe.patience is not None:
            held_out = examples.images[split.validation]
            logits = engine.logits(network, fitted.weights, scaling, held_out, threads=threads)
            temperature = fit_temperature(logits, examples.labels[split.validation])
        self.model_ = Model(
            network,
            fitted.weights,
            scaling,
            classes,
            {"train_fingerprint": examples.fingerprint, "background": edge_brightness(examples.images)},
            values,
            temperature,
        )

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities (N, classes) of images `X`, in the order of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, allow_nd=True, dtype="numeric")
        if X.shape[1:] != self._row_shape:
            raise ValueError(
                f"X has images of {X.shape[1:]}; the classifier was trained on {self._row_shape}"
            )
        model = self.model_
        if (X.dtype == np.uint8) != self._of_uint8 and (self._of_uint8 or model.values != PIXELS):
            trained = "uint8" if self._of_uint8 else "numbers that are not uint8"
            raise ValueError(
                f"X is {X.dtype}, and the classifier was trained on {trained}, which is scaled otherwise"
            )
        images = pixels_of(X, model.values, model.scaling)
        logits = self._open_engine().logits(
            model.network, model.weights, model.scaling, images, threads=_threads(self.n_jobs)
        )
        return model.probabilities(logits)

    def predict(self, X: Any) -> NDArray[Any]:
        """The labels (N,) of images `X`."""
        likeliest = self.predict_proba(X).argmax(axis=1)  # checks first that there is a fit
        found: NDArray[Any] = self.classes_[likeliest]
        return found

    def save(self, path: str | Path) -> None:
        """Write the fitted classifier as a model file (safetensors) in one piece.

        Raises:
            ModelFileError: `load` would not give the same classifier: training diverged, or the file cannot
                hold the type of a parameter or a label. Nothing was written.
        """
        check_is_fitted(self)
        with TemporaryDirectory() as folder:
            trial = Path(folder) / "model"
            try:
                model = with_kept(self)
                model.save(trial)
                check_same(self, type(self).load(trial))
            except (GossamerError, ValueError, TypeError) as error:
                said = str(error).removeprefix(f"{trial}: ")
                raise ModelFileError(f"{path}: nothing was written, for {said}") from error
        model.save(Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """A fitted classifier from a model file of `save` or of a study; a study takes uint8 images.

        Raises:
            ModelFileError: it is not such a file.
        """
        model = load_model(Path(path))
        try:
            kept = kept_in(model)
            loaded = cls(**kept.parameters)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise ModelFileError(f"{path}: its classifier cannot be read ({error})") from error
        loaded.model_, loaded.classes_ = model, kept.labels
        loaded._row_shape, loaded._of_uint8 = kept.row_shape, kept.of_uint8
        loaded.n_features_in_ = kept.row_shape[0]
        if kept.feature_names is not None:
            loaded.feature_names_in_ = kept.feature_names
        loaded.history_, loaded.n_iter_ = list(kept.history), len(kept.history)
        return loaded

    def __sklearn_tags__(self) -> Tags:
        """Images may have more than two dimensions."""
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


def _report_network(shape: Shape) -> str:
    """The report's network with as many of its pools as leave at least one pixel."""
    pools = min(shape[:2]).bit_length() - 1
    words = []
    for word in REPORTED:
        if word == "pool":
            pools -= 1
            if pools < 0:
                continue
        words.append(word)
    return " ".join(words)


def _threads(n_jobs: int | None) -> int:
    from joblib import effective_n_jobs  # noqa: PLC0415 - it comes with scikit-learn

    return int(effective_n_jobs(n_jobs))
