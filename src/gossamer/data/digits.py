"""Scikit-learn's digits (1,797 grey images of 8x8, after Alpaydin and Kaynak 1998), which need no network."""

import numpy as np
from sklearn.datasets import load_digits

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.images import LabelledImages
from gossamer.data.splits import hold_out_test

NAME = "digits"


def load() -> Dataset:
    """The data set; its values 0 to 16 become 0 to 255, and a fifth of each class the test set."""
    values, labels = load_digits(return_X_y=True)
    pixels = np.round(values * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    whole = LabelledImages.from_arrays(pixels, labels, [str(digit) for digit in range(10)])
    train, test = hold_out_test(whole)
    note = f"digits come in one set: {len(test):,} of {len(whole):,} images, a fifth of each class, test"
    return Dataset(NAME, train, SealedImages(test), (note,))
