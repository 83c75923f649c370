"""The state of a classifier in a model file, beside the model: "estimator" in its provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.network import PIXELS, Model
from gossamer.reprs import Summarized
from gossamer.training import Epoch, as_row, of_row

if TYPE_CHECKING:
    from gossamer.estimator.classifier import LightweightCNNClassifier

KEY = "estimator"
WEIGHTS = "class_weight"


@dataclass(frozen=True, eq=False, repr=False)
class Kept(Summarized):
    """A classifier's state without its model.

    Attributes:
        labels: `classes_`.
        row_shape: the shape of one image.
        of_uint8: whether the classifier was trained on uint8.
        feature_names: `feature_names_in_`, if it was trained on a data frame.
        parameters: `get_params()`.
        history: `history_`.
    """

    labels: NDArray[Any]
    row_shape: tuple[int, ...]
    of_uint8: bool
    feature_names: NDArray[Any] | None
    parameters: dict[str, Any]
    history: Sequence[Epoch]


def with_kept(classifier: "LightweightCNNClassifier") -> Model:
    """The model of the classifier, with its state in the provenance.

    Raises:
        TypeError: a label or a parameter cannot be written.
    """
    names = getattr(classifier, "feature_names_in_", None)
    entry = {
        "labels": classifier.classes_.tolist(),
        "label_type": classifier.classes_.dtype.str,
        "row_shape": list(classifier._row_shape),
        "uint8": bool(classifier._of_uint8),
        "feature_names": None if names is None else names.tolist(),
        "parameters": {
            name: _plain(name, value) for name, value in classifier.get_params(deep=False).items()
        },
        "history": [as_row(epoch) for epoch in classifier.history_],
    }
    _check_labels(classifier.classes_)
    return replace(classifier.model_, provenance=classifier.model_.provenance | {KEY: entry})


def kept_in(model: Model) -> Kept:
    """The state of a classifier in the model; for a model of a study, it follows from the model itself.

    Raises:
        ValueError, TypeError, LookupError, AttributeError, OverflowError: the state is invalid.
    """
    found = model.provenance.get(KEY)
    if found is None:
        shape = model.network.input_shape
        of_uint8 = model.values == PIXELS
        return Kept(np.array(model.classes), shape, of_uint8, None, {"layers": model.network.words}, ())
    labels = np.array(found["labels"], np.dtype(str(found["label_type"])))
    _check_labels(labels)
    row_shape = tuple(int(size) for size in found["row_shape"])
    if labels.shape != (len(model.classes),) or not 1 <= len(row_shape) <= 3:
        raise ValueError(f"{labels.shape} labels, rows of {row_shape}")
    names = found["feature_names"]
    return Kept(
        labels,
        row_shape,
        bool(found["uint8"]),
        None if names is None else np.array([str(name) for name in names], object),
        {str(name): _read(str(name), value) for name, value in found["parameters"].items()},
        [of_row(row) for row in found["history"]],
    )


def check_same(classifier: "LightweightCNNClassifier", loaded: "LightweightCNNClassifier") -> None:
    """Check that a classifier is the same when it is read from its file.

    Raises:
        ValueError: something differs.
    """
    pairs = {
        "its labels": [
            (each.classes_.dtype, each.classes_.tolist(), [type(label) for label in each.classes_.tolist()])
            for each in (classifier, loaded)
        ],
        "the names of its features": [
            getattr(each, "feature_names_in_", np.array([])).tolist() for each in (classifier, loaded)
        ],
        "its parameters": [
            {name: _plain(name, value) for name, value in each.get_params(deep=False).items()}
            for each in (classifier, loaded)
        ],
        "its model": [
            (each.model_.hash, each.model_.values, each.model_.temperature, each.model_.classes)
            for each in (classifier, loaded)
        ],
    }
    for what, (before, after) in pairs.items():
        if before != after:
            raise ValueError(f"{what} would be read as {str(after)[:80]}, not {str(before)[:80]}")


def _check_labels(labels: NDArray[Any]) -> None:
    """Refuse labels that JSON cannot hold, or whose type does not determine them."""
    if labels.dtype.kind == "O":
        if not all(type(label) is str for label in labels.tolist()):
            raise TypeError("labels of type object are kept only where all are texts; use one NumPy type")
    elif labels.dtype.kind not in "biufU":
        raise TypeError(f"labels of type {labels.dtype} cannot be kept; use numbers or texts")


def _plain(name: str, value: Any) -> Any:
    """The value of a parameter for JSON, whose objects have texts as keys: a dict becomes a list of pairs."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if name == WEIGHTS and isinstance(value, Mapping):
        return [[_plain(name, label), _plain(name, weight)] for label, weight in value.items()]
    raise TypeError(
        f"the parameter {name} is {str(value)[:40]!r}, and only numbers, texts and None can be kept;"
        f" call set_params({name}=None) first"
    )


def _read(name: str, value: Any) -> Any:
    """The inverse of `_plain`."""
    if name == WEIGHTS and isinstance(value, list):
        return {_plain(name, label): _plain(name, weight) for label, weight in value}
    return _plain(name, value)
