"""How much each image counts: scikit-learn's `class_weight` and `sample_weight`."""

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from gossamer.checks import shown
from gossamer.estimator.recipe import BALANCED

Weights = NDArray[np.float64]


def weights_of(
    class_weight: Any, sample_weight: Any, X: NDArray[Any], classes: NDArray[Any], labels: NDArray[np.int64]
) -> Weights | None:
    """The weights (N,) of the images `X` with `labels` in 0..len(classes) - 1, up to a factor.

    None where all are the same. "balanced" is left to the recipe.

    Raises:
        ValueError: a weight is invalid, or all are 0.
    """
    parts: list[Weights] = []
    if class_weight is not None and not (isinstance(class_weight, str) and class_weight == BALANCED):
        parts.append(_of_classes(class_weight, classes)[labels])
    if sample_weight is not None:
        parts.append(_check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True))
    weights = np.ones(len(labels))
    for part in parts:
        check_some_count(part)
        weights *= part / part.max()  # so that no product and no sum is too large
    check_some_count(weights)
    return None if (weights == weights[0]).all() else weights


def check_some_count(weights: Weights) -> None:
    """See that an image has a weight above 0.

    Raises:
        ValueError: none has.
    """
    if not weights.any():
        raise ValueError(
            "the weights of all images to train on are zero; see that sample_weight and class_weight leave"
            " some above 0"
        )


def _of_classes(class_weight: Any, classes: NDArray[Any]) -> Weights:
    """The weights of the classes, 1 for those that the dict leaves out."""
    if not isinstance(class_weight, Mapping):
        raise ValueError(  # noqa: TRY004 - scikit-learn's errors of parameters are ValueErrors
            f"class_weight must be None, 'balanced' or a dict of labels to weights; got {shown(class_weight)}"
        )
    for label, weight in class_weight.items():
        number = isinstance(weight, int | float | np.integer | np.floating) and not isinstance(weight, bool)
        if not number or not 0 <= weight < inf:
            raise ValueError(f"class_weight[{label!r}] must be a number from 0 on; got {shown(weight)}")
    labels = classes.tolist()
    without = [label for label in labels if label not in class_weight]
    unknown = [label for label in class_weight if label not in labels]
    if without and unknown:  # either alone may be meant: weight 1, or a class that a fold lacks
        raise ValueError(
            f"class_weight has no weight for the label {without[0]!r}, and one for {unknown[0]!r}, which is"
            " no label of y; are the labels of the same type?"
        )
    return np.array([class_weight.get(label, 1) for label in labels], np.float64)
