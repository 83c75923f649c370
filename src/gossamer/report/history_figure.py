"""Figure 2: the final fit, epoch by epoch, and where it began to overfit.

Where it has no validation images, it is drawn by its training figures alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.numbers import figure
from gossamer.report.chart import Chart, Frame
from gossamer.study.record import Epoch, Final

NONE_UNSEEN = (
    "All training images were trained on: before the test set there is no figure of images that it had not"
    " seen, and overfitting cannot be seen."
)


@dataclass(frozen=True)
class Overfitting:
    """The epoch at which overfitting sets in, if it does, and the finding in words."""

    onset: int | None
    finding: str


def charts(final: Final) -> list[Chart]:
    """The loss and the accuracy."""
    return [_chart(final, "loss", "Loss"), _chart(final, "accuracy", "Accuracy")]


def lowest(final: Final) -> Epoch | None:
    """The epoch of the lowest validation loss, the first of equals; None where no loss is a number."""
    there = [epoch for epoch in final.history if epoch.val_loss is not None]
    return min(there, key=lambda epoch: epoch.val_loss or 0.0, default=None)


def overfitting(final: Final) -> Overfitting:
    """The onset: the epoch after the lowest validation loss, if training loss went on falling from there."""
    best, last = lowest(final), final.history[-1]
    if not final.validation:
        return Overfitting(None, NONE_UNSEEN)
    if best is None:
        return Overfitting(None, "The fit diverged: no epoch's validation loss is a number.")
    low = f"Validation loss was lowest at epoch {best.epoch}, {figure(best.val_loss)}"
    trained = f"{figure(best.train_loss)} then, {figure(last.train_loss)} at epoch {last.epoch}"
    if last.epoch == best.epoch:
        return Overfitting(None, f"{low}, the last one: no rise, so no overfitting was seen.")
    if last.train_loss is None or best.train_loss is None or last.train_loss >= best.train_loss:
        return Overfitting(
            None,
            f"{low}, and never lower again; but training loss did not end lower either ({trained}),"
            " so this is not overfitting.",
        )
    return Overfitting(
        best.epoch + 1,
        f"{low}. Overfitting sets in at epoch {best.epoch + 1}: from there on validation loss was never"
        f" lower again ({figure(last.val_loss)} at epoch {last.epoch}), while training loss fell further"
        f" ({trained}).",
    )


def stopping(final: Final) -> str:
    """Why training ended when it did."""
    if not final.patience:
        return (
            f"Training took the {final.epochs} epochs that were fixed beforehand, and its last weights are"
            " kept: no epoch was selected."
        )
    waited = final.epochs - final.best_epoch
    if waited < final.patience:
        return f"Training ended after epoch {final.epochs}, the most that the study allows."
    epochs = f"{waited} epochs in a row" if waited > 1 else "one epoch"
    return (
        f"Training stopped early, after epoch {final.epochs}: {epochs} had brought no lower validation loss."
    )


def _chart(final: Final, name: str, title: str) -> Chart:
    train, validation = (_picked(final.history, f"{part}_{name}") for part in ("train", "val"))
    frame = Frame.of(final.epochs, [value for value in (*train, *validation) if value is not None])
    onset, best = overfitting(final).onset, lowest(final)
    curves = [frame.curve("training", train)]
    said = (
        f"From epoch 1 to {final.epochs}, training {name} went from {figure(train[0])} to {figure(train[-1])}"
    )
    if final.validation:
        curves.append(frame.curve("validation", validation))
        said += f" and validation {name} from {figure(validation[0])} to {figure(validation[-1])}"
    if best is not None:
        said += f"; at epoch {best.epoch}, the best, it was {figure(validation[best.epoch - 1])}"
    return Chart(
        title,
        f"{said}.",
        frame.x_ticks,
        frame.y_ticks,
        tuple(curves),
        best=None if best is None else frame.x(best.epoch),
        onset=None if onset is None else frame.x(onset),
    )


def _picked(history: Sequence[Epoch], name: str) -> list[float | None]:
    return [getattr(epoch, name) for epoch in history]
