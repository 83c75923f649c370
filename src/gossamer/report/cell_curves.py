"""Each setting's learning curves, fold by fold and in the mean, and where it begins to overfit."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from gossamer.numbers import figure
from gossamer.report.chart import Chart, Frame
from gossamer.setting_words import in_words
from gossamer.study.record import Cell, FoldCurve, Results, Setting

PANELS_AT_MOST = 100
"""Settings whose curves are drawn: the best of them."""

Values = Sequence[float | None]


@dataclass(frozen=True)
class Panel:
    """A setting: its curves, and the figures of its folds.

    Attributes:
        number: the setting's place in the search, from 0.
        cell: the setting.
        charts: of the loss and of the accuracy.
    """

    number: int
    cell: Cell
    charts: tuple[Chart, Chart]


@dataclass(frozen=True)
class Onset:
    """A setting's mean curves over the folds: the best epoch, and the one at which it begins to overfit."""

    cell: Cell
    best_epoch: int | None
    onset: int | None

    @property
    def setting(self) -> Setting:
        """The cell's."""
        return self.cell.setting


def panels(results: Results, curves: Sequence[Sequence[FoldCurve]]) -> dict[int, Panel]:
    """By the settings' places, the panels of the best of them."""
    cells = results.search.cells
    order = sorted(
        range(len(cells)), key=lambda i: (cells[i].mean_val_loss is None, cells[i].mean_val_loss or 0.0)
    )
    shown = sorted(order[:PANELS_AT_MOST])
    return {i: Panel(i, cells[i], _charts(cells[i].epochs, curves[i])) for i in shown}


def onsets(results: Results, curves: Sequence[Sequence[FoldCurve]]) -> list[Onset]:
    """Every setting's onset: the epoch after its lowest mean validation loss, if training loss falls on."""
    return [_onset(cell, folds) for cell, folds in zip(results.search.cells, curves, strict=True)]


def onset_finding(found: Sequence[Onset], names: Sequence[str]) -> str:
    """In words, how many settings begin to overfit within their epochs; `names` tells the settings apart."""
    overfit = [each for each in found if each.onset is not None]
    epochs = max(each.cell.epochs for each in found)
    if not overfit:
        return f"No setting begins to overfit within {epochs} epochs."
    first = min(overfit, key=lambda each: each.onset or 0)
    return (
        f"{len(overfit)} of {len(found)} settings begin to overfit within {epochs} epochs, the first"
        f" ({in_words(first.cell.setting, names)}) at epoch {first.onset}."
    )


def _charts(epochs: int, folds: Sequence[FoldCurve]) -> tuple[Chart, Chart]:
    return _chart(epochs, folds, "loss", "Loss"), _chart(epochs, folds, "accuracy", "Accuracy")


def _chart(epochs: int, folds: Sequence[FoldCurve], name: str, title: str) -> Chart:
    train: list[Values] = [getattr(fold, f"train_{name}") for fold in folds]
    validation: list[Values] = [getattr(fold, f"val_{name}") for fold in folds]
    every = [value for values in (*train, *validation) for value in values if value is not None]
    frame = Frame.of(epochs, every)
    mean_train, mean_validation = _mean(train), _mean(validation)
    of = f"Mean over {len(folds)} fits" if len(folds) > 1 else "One fit"
    return Chart(
        title,
        f"{of}, from epoch 1 to {epochs}: training {name} from"
        f" {figure(mean_train[0])} to {figure(mean_train[-1])}, validation {name} from"
        f" {figure(mean_validation[0])} to {figure(mean_validation[-1])}.",
        frame.x_ticks,
        frame.y_ticks,
        (
            *(frame.curve("training", values, faint=True) for values in train),
            *(frame.curve("validation", values, faint=True) for values in validation),
            frame.curve("training", mean_train),
            frame.curve("validation", mean_validation),
        ),
    )


def _onset(cell: Cell, folds: Sequence[FoldCurve]) -> Onset:
    losses = _mean([fold.val_loss for fold in folds])
    there = [(value, epoch) for epoch, value in enumerate(losses, 1) if value is not None]
    if len(there) < len(losses):
        return Onset(cell, None, None)  # it diverged
    best = min(there)[1]
    trained = _mean([fold.train_loss for fold in folds])
    then, last = trained[best - 1], trained[-1]
    falls = best < len(losses) and then is not None and last is not None and last < then
    return Onset(cell, best, best + 1 if falls else None)


def _mean(folds: Sequence[Values]) -> list[float | None]:
    """Epoch by epoch; None where a fold diverged."""
    columns = zip(*folds, strict=True)
    return [
        None if None in values else fmean(value for value in values if value is not None)
        for values in columns
    ]
