"""Whether an export answers as the engine does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ExportError

TOLERANCE = 1e-4
"""The largest difference of a logit in a form that computes with floats."""
IMAGES = 10_000
"""Images that an export is checked on, at most."""


@dataclass(frozen=True)
class Parity:
    """An export beside the engine.

    Attributes:
        images: how many training images both answered.
        largest_difference: of any logit.
        changed_labels: answers that differ.
        ties: those of them whose two classes the engine's own logits put within twice TOLERANCE.
    """

    images: int
    largest_difference: float
    changed_labels: int
    ties: int


def compare(expected: NDArray[np.floating], found: NDArray[np.floating]) -> Parity:
    """The parity of `found` logits (N, classes) with the engine's `expected` ones."""
    largest = float(np.abs(found.astype(np.float64) - expected).max())
    ours, theirs = expected.argmax(axis=1), found.argmax(axis=1)
    (changed,) = np.nonzero(ours != theirs)
    gaps = expected[changed, ours[changed]] - expected[changed, theirs[changed]]
    return Parity(len(expected), largest, len(changed), int((gaps <= 2 * TOLERANCE).sum()))


def check(parity: Parity, what: str) -> None:
    """Refuse an export of floats that does not answer as the engine does.

    Raises:
        ExportError: a logit is further off than TOLERANCE, or a label changes that is no tie.
    """
    if not parity.largest_difference <= TOLERANCE or parity.changed_labels > parity.ties:  # nor a NaN
        raise ExportError(
            f"{what}: on {parity.images:,} images its logits differ from the engine's by up to"
            f" {parity.largest_difference:.2g}, where {TOLERANCE:g} is allowed, and {parity.changed_labels:,}"
            " labels change; nothing was written. Please report it with the model file"
        )
