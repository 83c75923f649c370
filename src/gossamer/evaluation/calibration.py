"""Calibration: how well confidence matches accuracy, and the temperature that corrects it."""

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

BINS = 15
"""As in Guo et al. 2017."""
LOG_TEMPERATURES = (-4.0, 4.0)
"""The range that a temperature's natural logarithm is sought in."""


@dataclass(frozen=True)
class Bin:
    """Images whose confidence lies above `low`, up to `high`; means over them, None where there are none."""

    low: float
    high: float
    images: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Reliability:
    """Confidence beside accuracy.

    Attributes:
        temperature: what the logits were divided by.
        loss: mean cross entropy in nats.
        error: the expected calibration error, 0 to 1 (Guo et al. 2017, Eq. 3): the mean distance between
            confidence and accuracy over BINS bins of equal width, each weighted by its images.
        bins: from the least confidence to the greatest.
    """

    temperature: float
    loss: float
    error: float
    bins: tuple[Bin, ...]


def reliability(
    logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float = 1.0
) -> Reliability:
    """The reliability of `logits` (N, classes), divided by `temperature`, against `labels` (N,)."""
    log_probabilities = _log_probabilities(logits, temperature)
    confidence = np.exp(log_probabilities.max(axis=1))
    right = logits.argmax(axis=1) == labels
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.searchsorted(edges, confidence) - 1, 0, BINS - 1)
    bins = []
    for number in range(BINS):
        there = place == number
        found = int(there.sum())
        bins.append(
            Bin(
                float(edges[number]),
                float(edges[number + 1]),
                found,
                float(confidence[there].mean()) if found else None,
                float(right[there].mean()) if found else None,
            )
        )
    gaps = [
        each.images * abs(each.accuracy - each.confidence)
        for each in bins
        if each.accuracy is not None and each.confidence is not None
    ]
    return Reliability(temperature, _loss(log_probabilities, labels), sum(gaps) / len(labels), tuple(bins))


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature at which `logits` (N, classes) have the least cross entropy against `labels` (N,).

    Temperature scaling (Guo et al. 2017, section 4.2): logits divided by it keep their order, so that no
    answer changes. It has six digits, so that nearly equal logits give the same temperature. It is 1.0
    without images to fit it on.
    """
    if len(labels) == 0 or not np.isfinite(logits).all():
        return 1.0
    found = minimize_scalar(
        lambda log_temperature: _loss(_log_probabilities(logits, exp(log_temperature)), labels),
        bounds=LOG_TEMPERATURES,
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(f"{exp(float(found.x)):.6g}")


def _log_probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    return np.asarray(log_softmax(logits.astype(np.float64) / temperature, axis=1))


def _loss(log_probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return float(-log_probabilities[np.arange(len(labels)), labels].mean())
