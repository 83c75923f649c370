"""What the driver and its workers exchange: tasks go out, outcomes come back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.engine import slot_arrays
from gossamer.network import Weights
from gossamer.search.fits import Fit
from gossamer.training import Checkpoint, Epoch, Fitted, Teacher


@dataclass(frozen=True, eq=False)
class Task:
    """A fit to be done, or a part of it.

    Attributes:
        fit: what is to be done.
        resume_from: the checkpoint to go on from; None starts the fit.
        pause_after: pause after so many epochs in all; None goes on to the end.
        seconds: the time that the fit has taken so far.
        teacher: the fit's, once it is trained.
        checkpoint_seconds: how often the worker hands over the fit as it is, so that a long one is not
            lost as a whole.
    """

    fit: Fit
    resume_from: Checkpoint | None = None
    pause_after: int | None = None
    seconds: float = 0.0
    teacher: Teacher | None = None
    checkpoint_seconds: float = 60.0


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """A finished fit, and its seconds in all."""

    fitted: Fitted
    seconds: float

    @property
    def history(self) -> tuple[Epoch, ...]:
        """All its epochs."""
        return self.fitted.history


@dataclass(frozen=True, eq=False)
class FitPaused:
    """A fit that is paused before its end, and its seconds so far."""

    checkpoint: Checkpoint
    seconds: float

    @property
    def history(self) -> tuple[Epoch, ...]:
        """All its epochs so far."""
        return self.checkpoint.history


@dataclass(frozen=True, eq=False)
class Progress:
    """What a worker says of its fit while it goes on.

    Attributes:
        epochs: how many are done.
        so_far: the fit as it is, now and then.
    """

    epochs: int
    so_far: FitPaused | None = None


@dataclass(frozen=True)
class FitLost:
    """A fit whose worker died, fell silent or gave an invalid answer; `reason` says which."""

    reason: str


Outcome = FitOutcome | FitPaused | FitLost


def flaw(task: Task, outcome: Any, *, goes_on: bool = False) -> str | None:
    """What is wrong with a worker's answer to `task`; None if nothing is. A fit that `goes_on` has no end."""
    network, learning = task.fit.network, task.fit.recipe.learning
    groups: list[tuple[Weights, Iterable[str]]]
    match outcome:
        case FitOutcome(fitted=Fitted(history=history, weights=weights), seconds=float()):
            groups, ended = [(weights, network.weight_shapes)], True
        case FitPaused(
            checkpoint=Checkpoint(state=state, history=history, best_weights=best), seconds=float()
        ):
            if set(state.slots) != set(learning.slots):
                return "its slots are not the optimizer's"
            slots = [(state.slots[slot], slot_arrays(network, slot)) for slot in learning.slots]
            groups = [(state.weights, network.weight_shapes), (best, network.weight_shapes), *slots]
            ended = False
        case _:
            return f"its answer is no outcome but {type(outcome).__name__}"
    are_right = all(
        {name: (array.shape, array.dtype) for name, array in group.items()}
        == {name: (network.weight_shapes[name], np.dtype(np.float32)) for name in names}
        for group, names in groups
    )
    return _flaw_of_history(task, history, ended=ended, goes_on=goes_on) or (
        None if are_right else "its weights are not the network's"
    )


def _flaw_of_history(task: Task, history: Any, *, ended: bool, goes_on: bool) -> str | None:
    if not isinstance(history, tuple) or not all(isinstance(epoch, Epoch) for epoch in history):
        return "its history is not a tuple of epochs"
    if [epoch.epoch for epoch in history] != list(range(1, len(history) + 1)):
        return "its epochs are not counted from 1"
    recipe = task.fit.recipe
    if goes_on:
        fits = not ended and 1 <= len(history) < recipe.max_epochs
    elif ended:
        fits = (
            1 <= len(history) <= recipe.max_epochs if recipe.patience else len(history) == recipe.max_epochs
        )
    else:
        fits = len(history) == task.pause_after
    return None if fits else f"it has {len(history)} epochs"
