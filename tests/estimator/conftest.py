"""What tests of the classifier share: digits, the engines, a classifier that is quickly trained."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from gossamer import LightweightCNNClassifier

SMALL = "conv4 pool conv8 pool dense"
ENGINES = ("native", "torch")

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]


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


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def digits() -> Digits:
    """500 of scikit-learn's digits as images, uint8 (N, 8, 8)."""
    images, labels = load_digits(return_X_y=True)
    return np.round(images[:500] * 255 / 16).astype(np.uint8).reshape(-1, 8, 8), labels[:500]


UNITS: dict[str, Callable[[NDArray[np.float64]], NDArray[Any]]] = {
    "as they are": lambda images: images,
    "whole numbers": lambda images: images.astype(np.int16),
    "divided by 255": lambda images: images * 15 / 255,
    "float32, divided by 255": lambda images: (images * 15 / 255).astype(np.float32),
    "bytes": lambda images: (images * 15).astype(np.uint8),
}


def weighted(engine: str, layers: str = SMALL, **parameters: Any) -> LightweightCNNClassifier:
    """A classifier that trains for two epochs if nothing else is said."""
    classifier = LightweightCNNClassifier(layers, epochs=2, engine=engine, random_state=0)
    classifier.set_params(**parameters)
    return classifier
