"""Scikit-learn's digits (1,797 grey images of 8x8, after Alpaydin and Kaynak 1998): no download."""

import numpy as np

from gossamer.data.dataset import Dataset
from gossamer.data.held_out import hold_out_test
from gossamer.data.images import LabelledImages

NAME = "digits"


def load() -> Dataset:
    """The data set. Values 0 to 16 become 0 to 255; a fifth of each class becomes the test set."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    pixels = np.round(values * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    whole = LabelledImages.from_arrays(pixels, labels, [str(digit) for digit in range(10)])
    return hold_out_test(NAME, whole, NAME)
