"""What the search's tests share: 120 digits, and a search over them that takes a second."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import SearchPlan, Setting, grid, plan_search


@pytest.fixture(scope="session")
def engine() -> Engine:
    return open_engine("torch", "cpu")


@pytest.fixture(scope="session")
def digits() -> LabelledImages:
    images, labels = load_digits(return_X_y=True)
    pixels = (images[:120] * 15).astype(np.uint8).reshape(-1, 8, 8, 1)
    return LabelledImages.from_arrays(pixels, labels[:120], [str(digit) for digit in range(10)])


@pytest.fixture(scope="session")
def settings(digits: LabelledImages) -> list[Setting]:
    network = Architecture.parse("conv2 pool dense", digits.shape, 10)
    return grid([network], {"learning_rate": [0.05, 0.01], "batch_size": [16, 64], "epochs": [3]})


@pytest.fixture(scope="session")
def plan(digits: LabelledImages, settings: list[Setting], engine: Engine) -> SearchPlan:
    """Four settings on two folds, three epochs each."""
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    return plan_search(digits, repeats, settings, engine, Scaling(), seed="0")
