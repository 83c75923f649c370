"""Calibration against what is known of it: perfect confidence, and logits stretched on purpose."""

import numpy as np
import pytest

from gossamer.evaluation import fit_temperature, reliability


def drawn(seed: int, n: int, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of which the labels are drawn by their softmax, then stretched."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (n, 4))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return (logits * stretch).astype(np.float32), labels


@pytest.mark.parametrize("stretch", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_stretch(stretch: float) -> None:
    logits, labels = drawn(1, 20_000, stretch)
    assert fit_temperature(logits, labels) == pytest.approx(stretch, rel=0.04)


def test_scaling_mends_overconfidence_and_changes_no_answer() -> None:
    logits, labels = drawn(2, 20_000, 3.0)
    temperature = fit_temperature(*drawn(3, 20_000, 3.0))
    before, after = reliability(logits, labels), reliability(logits, labels, temperature)
    assert after.error < before.error / 5
    assert after.loss < before.loss
    right = [
        sum((each.accuracy or 0) * each.images for each in found.bins) / len(labels)
        for found in (before, after)
    ]
    assert right[0] == pytest.approx(right[1])


def test_every_image_is_in_one_bin_and_the_error_is_their_weighted_gap() -> None:
    logits, labels = drawn(4, 500, 1.0)
    found = reliability(logits, labels)
    assert sum(each.images for each in found.bins) == 500
    gaps = [each.images * abs((each.accuracy or 0) - (each.confidence or 0)) for each in found.bins]
    assert found.error == pytest.approx(sum(gaps) / 500)
    for each in found.bins:
        assert each.confidence is None or each.low <= each.confidence <= each.high


def test_sure_and_right_is_no_error() -> None:
    labels = np.arange(6) % 3
    sure = np.where(np.eye(3)[labels] == 1, 100, 0).astype(np.float32)
    assert reliability(sure, labels).error == pytest.approx(0, abs=1e-12)
    assert reliability(sure, (labels + 1) % 3).error == pytest.approx(1)


def test_nothing_to_fit_leaves_the_logits_as_they_are() -> None:
    assert fit_temperature(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 1.0
    assert fit_temperature(np.full((2, 3), np.nan, np.float32), np.zeros(2, np.int64)) == 1.0
