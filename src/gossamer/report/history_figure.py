"""Figure 2: the final fit, epoch by epoch, and where it began to overfit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10

from gossamer.report.numbers import figure
from gossamer.report.records import Epoch, Final

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 54.0, 468.0, 46.0, 258.0
"""The frame that the curves are drawn in."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """A line with a dot at each epoch; broken where the fit gave no number."""

    name: str
    lines: tuple[str, ...]
    dots: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """One figure's training and validation curves over the epochs."""

    title: str
    description: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    curves: tuple[Curve, ...]
    best: float
    onset: float | None


@dataclass(frozen=True)
class Overfitting:
    """The epoch at which overfitting sets in, if it does, and the finding in words."""

    onset: int | None
    finding: str


def charts(final: Final) -> list[Chart]:
    """The loss and the accuracy."""
    return [_chart(final, "loss", "Loss"), _chart(final, "accuracy", "Accuracy")]


def overfitting(final: Final) -> Overfitting:
    """The onset: the epoch after the lowest validation loss, if training loss went on falling from there."""
    best, last = final.history[final.best_epoch - 1], final.history[-1]
    if best.val_loss is None:
        return Overfitting(None, "The fit diverged: no epoch's validation loss is a number.")
    lowest = f"Validation loss was lowest at epoch {best.epoch}, {figure(best.val_loss)}"
    trained = f"{figure(best.train_loss)} then, {figure(last.train_loss)} at epoch {last.epoch}"
    if last.epoch == best.epoch:
        return Overfitting(None, f"{lowest}, the last one: no rise, so no overfitting was seen.")
    if last.train_loss is None or best.train_loss is None or last.train_loss >= best.train_loss:
        return Overfitting(
            None,
            f"{lowest}, and never lower again; but training loss did not end lower either ({trained}),"
            " so this is not overfitting.",
        )
    return Overfitting(
        best.epoch + 1,
        f"{lowest}. Overfitting sets in at epoch {best.epoch + 1}: from there on validation loss was never"
        f" lower again ({figure(last.val_loss)} at epoch {last.epoch}), while training loss fell further"
        f" ({trained}).",
    )


def stopping(final: Final) -> str:
    """Why training ended when it did."""
    waited = final.epochs - final.best_epoch
    if waited < final.patience:
        return f"Training ended after epoch {final.epochs}, the most that the study allows."
    epochs = f"{waited} epochs in a row" if waited > 1 else "one epoch"
    return (
        f"Training stopped early, after epoch {final.epochs}: {epochs} had brought no lower validation loss."
    )


def _chart(final: Final, name: str, title: str) -> Chart:
    train, validation = (_picked(final.history, f"{part}_{name}") for part in ("train", "val"))
    there = [value for value in (*train, *validation) if value is not None] or [0.0, 1.0]
    y_values = _ticks(min(there), max(there))
    x = _scale(1, max(final.epochs, 2), LEFT, RIGHT)
    y = _scale(y_values[0], y_values[-1], BOTTOM, TOP)
    step = ceil(final.epochs / 12)
    onset = overfitting(final).onset
    return Chart(
        title,
        f"From epoch 1 to {final.epochs}, training {name} went from {figure(train[0])}"
        f" to {figure(train[-1])} and validation {name} from {figure(validation[0])}"
        f" to {figure(validation[-1])};"
        f" at epoch {final.best_epoch}, the best, it was {figure(validation[final.best_epoch - 1])}.",
        x_ticks=tuple((x(epoch), str(epoch)) for epoch in range(1, final.epochs + 1, step)),
        y_ticks=tuple((y(value), f"{value:.6g}") for value in y_values),
        curves=(_curve("training", train, x, y), _curve("validation", validation, x, y)),
        best=x(final.best_epoch),
        onset=None if onset is None else x(onset),
    )


def _picked(history: Sequence[Epoch], name: str) -> list[float | None]:
    return [getattr(epoch, name) for epoch in history]


def _curve(
    name: str, values: Sequence[float | None], x: Callable[[float], float], y: Callable[[float], float]
) -> Curve:
    lines, dots = [], []
    for there, run in groupby(enumerate(values, 1), key=lambda pair: pair[1] is not None):
        if there:
            points = [(x(epoch), y(value)) for epoch, value in run if value is not None]
            dots += points
            lines.append(" ".join(f"{px:.1f},{py:.1f}" for px, py in points))
    return Curve(name, tuple(lines), tuple(dots))


def _scale(low: float, high: float, begin: float, end: float) -> Callable[[float], float]:
    return lambda value: round(begin + (value - low) / (high - low) * (end - begin), 1)


def _ticks(low: float, high: float) -> list[float]:
    """Three to eight round numbers, evenly apart, from at most `low` to at least `high`."""
    if high - low < 1e-9:  # as good as level; a step between such values could vanish
        low, high = low - max(abs(low), 1) / 20, high + max(abs(high), 1) / 20
    rough = (high - low) / 5
    power = 10.0 ** floor(log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    return [i * step for i in range(floor(low / step), ceil(high / step) + 1)]
