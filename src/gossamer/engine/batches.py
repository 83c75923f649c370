"""An epoch as an engine takes it: arrays that say which images come when, at which rate, seen how."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.network import Architecture
from gossamer.reprs import Summarized

SMALLEST_BATCH = 16
"""Under batch norm, a last batch of fewer images joins the one before: their statistics would say little."""


@dataclass(frozen=True, eq=False, repr=False)
class Batches(Summarized):
    """The batches of an epoch.

    Attributes:
        order: the rows of the images, int64 (n,), batch behind batch.
        sizes: how many images each batch has; they add up to n.
        rates: each batch's learning rate, float64 (batches,).
        views: how each image is seen, int32 (n, VIEW) of `gossamer.data.views`; None: as it is.
        teacher: a teacher's probabilities for each, at its temperature, float32 (n, classes); None: no
            teacher.
    """

    order: NDArray[np.int64]
    sizes: Sequence[int]
    rates: NDArray[np.float64]
    views: NDArray[np.int32] | None = None
    teacher: NDArray[np.float32] | None = None

    @classmethod
    def constant(
        cls, network: Architecture, order: NDArray[np.int64], batch_size: int, learning_rate: float
    ) -> "Batches":
        """The rows `order` in batches of `batch_sizes`, all at the same rate and as they are."""
        sizes = batch_sizes(network, len(order), batch_size)
        return cls(order, sizes, np.full(len(sizes), learning_rate))


def batch_sizes(network: Architecture, images: int, batch_size: int) -> list[int]:
    """The sizes of an epoch's batches, in order: all of `batch_size` but the last, which is what is left.

    Under batch norm, a last batch of fewer than SMALLEST_BATCH images, and of less than half of `batch_size`,
    joins the one before.
    """
    whole, left = divmod(images, batch_size)
    sizes = [batch_size] * whole + [left] * (left > 0)
    if network.has_norms and whole and 0 < left < min(SMALLEST_BATCH, batch_size / 2):
        sizes[-2:] = [batch_size + left]
    return sizes
