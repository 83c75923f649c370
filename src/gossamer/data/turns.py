"""An order in which classes alternate, so that the first few images are not all of one class."""

import numpy as np
from numpy.typing import NDArray


def in_turns(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Indices into `labels` (N,): the first of every class, then the second of every class, and so on.

    The first n of them hold the classes as evenly as possible. Within a class the order is kept.
    """
    order = np.argsort(labels, kind="stable")
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    turn = np.arange(len(labels)) - np.repeat(starts, counts)
    return order[np.argsort(turn, kind="stable")].astype(np.int64)
