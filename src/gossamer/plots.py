"""Figures of a finished study for matplotlib, for notebooks and papers; the report page draws its own.

A figure belongs to no window: a notebook shows it, and `figure.savefig("history.pdf")` writes it.
"""

from typing import TYPE_CHECKING

from gossamer.errors import GossamerError
from gossamer.numbers import count
from gossamer.study.record import Calibration, Final, Results, TestSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DIGITS_AT_MOST = 20
"""Classes up to which a confusion matrix has its numbers in it."""


def history_figure(final: Final) -> "Figure":
    """Loss and accuracy of the final fit by epoch; a line marks the epoch that was kept."""
    figure = _figure(9, 3.5)
    epochs = [each.epoch for each in final.history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, label in (("train", "training"), ("val", "validation")):
            values = [getattr(each, f"{part}_{name}") for each in final.history]
            if any(value is not None for value in values):
                axes.plot(
                    epochs,
                    [float("nan") if value is None else value for value in values],
                    ".-",
                    label=label,
                )
        axes.axvline(final.best_epoch, color="grey", linestyle=":", label=f"epoch {final.best_epoch} is kept")
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    return figure


def confusion_figure(test: TestSet, classes: tuple[str, ...]) -> "Figure":
    """Test images by class (rows) and prediction (columns), shaded by their share of the row."""
    side = 2.5 + 0.45 * min(len(classes), 40)
    figure = _figure(side + 1, side)
    axes = figure.subplots()
    shares = [[value / max(sum(row), 1) for value in row] for row in test.confusion]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    title = f"{count(test.correct)} of {count(test.n)} predicted correctly"
    axes.set(xlabel="predicted", ylabel="class", title=title)
    if len(classes) <= DIGITS_AT_MOST:
        for row, (values, parts) in enumerate(zip(test.confusion, shares, strict=True)):
            for column, (value, share) in enumerate(zip(values, parts, strict=True)):
                colour = "white" if share > 0.5 else "black"
                axes.text(column, row, count(value), ha="center", va="center", color=colour, fontsize=8)
    return figure


def calibration_figure(calibration: Calibration) -> "Figure":
    """Accuracy by confidence on the test set, before and after temperature scaling (Guo et al. 2017)."""
    figure = _figure(9, 4)
    found = (
        ("before", calibration.before),
        (f"temperature {calibration.after.temperature:.3f}", calibration.after),
    )
    for axes, (title, reliability) in zip(figure.subplots(1, 2, sharey=True), found, strict=True):
        bins = [each for each in reliability.bins if each.accuracy is not None]
        axes.bar(
            [each.low for each in bins],
            [each.accuracy for each in bins],
            [each.high - each.low for each in bins],
            align="edge",
            edgecolor="white",
            label="accuracy",
        )
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="perfect calibration")
        axes.set(
            xlabel="confidence", xlim=(0, 1), ylim=(0, 1), title=f"{title}, error {reliability.error:.4f}"
        )
        axes.legend()
    return figure


def networks_figure(results: Results) -> "Figure":
    """Validation accuracy of the search's networks against what they cost, with their spreads.

    Raises:
        GossamerError: the study has one network only.
    """
    rows = results.search.pareto
    if not rows:
        raise GossamerError("the study has one network only; there is nothing to compare it with")
    figure = _figure(9, 4)
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator  # noqa: PLC0415 - an extra, as above

    costs = (("parameters", "parameters"), ("multiply_adds", "multiply-adds for one image"))
    panels: list[Axes] = list(figure.subplots(1, 2, sharey=True))
    for axes, (name, label) in zip(panels, costs, strict=True):
        for dominated, colour in ((True, "silver"), (False, "tab:blue")):
            there = [row for row in rows if row.dominated == dominated]
            if there:
                axes.errorbar(
                    [getattr(row, name) for row in there],
                    [row.mean_val_accuracy for row in there],
                    [row.std_val_accuracy or 0.0 for row in there],
                    fmt="o",
                    color=colour,
                    label="dominated by another" if dominated else "not dominated",
                )
        axes.set(xlabel=label, xscale="log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    panels[0].set_ylabel("validation accuracy")
    panels[0].legend()
    return figure


def _figure(width: float, height: float) -> "Figure":
    """An empty figure of that size in inches."""
    try:
        from gossamer.figures import InlineFigure  # noqa: PLC0415 - it needs an extra
    except ImportError as error:
        raise GossamerError("plots need matplotlib: pip install 'gossamer[plot]'") from error
    return InlineFigure(figsize=(width, height), layout="constrained")
