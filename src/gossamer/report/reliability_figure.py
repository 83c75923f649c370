"""Figure 3: confidence beside accuracy, before and after temperature scaling."""

from dataclasses import dataclass

from gossamer.numbers import figure, percent
from gossamer.report.chart import scale
from gossamer.study.record import Calibration, Reliability

WIDTH, HEIGHT = 480, 360
LEFT, RIGHT, TOP, BOTTOM = 54.0, 468.0, 46.0, 318.0


@dataclass(frozen=True)
class Bar:
    """A bin's accuracy as a bar, and the gap to its confidence."""

    x: float
    width: float
    top: float
    confidence: float


@dataclass(frozen=True)
class ReliabilityChart:
    """One of the two diagrams."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def charts(calibration: Calibration) -> list[ReliabilityChart]:
    """Before, and after."""
    return [
        _chart("Before", calibration.before),
        _chart(f"After, temperature {calibration.after.temperature:.3f}", calibration.after),
    ]


def finding(calibration: Calibration) -> str:
    """Which way the probabilities err, and what scaling does to it, in words."""
    before, after = calibration.before, calibration.after
    confidence, accuracy = _means(before)
    way = "overconfident" if confidence > accuracy else "underconfident"
    change = "falls" if after.error < before.error else "does not fall"
    return (
        f"On the test set the model says {percent(confidence)} in the mean and is right in"
        f" {percent(accuracy)}: it is {way}. Divided by a temperature of {after.temperature:.3f},"
        f" its expected calibration error {change} from {figure(before.error)} to {figure(after.error)},"
        f" its loss goes from {figure(before.loss)} to {figure(after.loss)}; no answer changes."
    )


def _means(found: Reliability) -> tuple[float, float]:
    images = sum(each.images for each in found.bins) or 1
    confidence = sum(each.images * (each.confidence or 0) for each in found.bins)
    accuracy = sum(each.images * (each.accuracy or 0) for each in found.bins)
    return confidence / images, accuracy / images


def _chart(title: str, found: Reliability) -> ReliabilityChart:
    x, y = scale(0, 1, LEFT, RIGHT), scale(0, 1, BOTTOM, TOP)
    bars = tuple(
        Bar(x(each.low) + 1, round(x(each.high) - x(each.low) - 2, 1), y(each.accuracy), y(each.confidence))
        for each in found.bins
        if each.accuracy is not None and each.confidence is not None
    )
    marks = (0, 0.2, 0.4, 0.6, 0.8, 1)
    return ReliabilityChart(
        title,
        f"Accuracy by confidence in {len(found.bins)} bins;"
        f" expected calibration error {figure(found.error)}.",
        bars,
        tuple((x(mark), f"{mark:g}") for mark in marks),
        tuple((y(mark), f"{mark:g}") for mark in marks),
    )
