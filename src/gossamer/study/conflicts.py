"""Settings that contradict each other: refused with both named, before anything is read or fitted."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from gossamer.errors import SettingError
from gossamer.training import decay_conflict

if TYPE_CHECKING:
    from gossamer.study.settings import Study


def check_conflicts(study: "Study") -> None:
    """See that the settings of `study` go together.

    Raises:
        SettingError: two do not; the message says what to do.
    """
    for conflict in _conflicts(study):
        raise SettingError(conflict)


def check_same_epochs(epochs: Sequence[int]) -> None:
    """See that all settings of a halving have the same number of epochs.

    Raises:
        SettingError: they do not.
    """
    if len(set(epochs)) > 1:
        raise SettingError(
            "training.epochs has several values, and search.strategy = 'halving' takes one number of epochs;"
            " give one, or try the grid"
        )


def _conflicts(study: "Study") -> Iterator[str]:
    training, search, final = study.training, study.search, study.final
    teacher = study.teacher
    yield from filter(
        None,
        (
            decay_conflict(training.optimizer, training.weight_decay, "training."),
            decay_conflict([teacher.optimizer], [teacher.weight_decay], "teacher."),
        ),
    )
    for each in fields(teacher):
        if not teacher.layers and getattr(teacher, each.name) != each.default:
            yield f"teacher.{each.name} needs teacher.layers, the words of the teacher's network"
    scheduled = next((schedule for schedule in training.schedule if schedule != "constant"), None)
    whole_fit = f"training.schedule = {scheduled!r}" if scheduled else "final.validation = 0"
    if scheduled or not final.validation:
        reason = (
            "a schedule spans a fit of a fixed length"
            if scheduled
            else "without validation images nothing says when to stop"
        )
        if final.patience or final.max_epochs:
            yield (
                f"{whole_fit} needs final.patience = 0 and final.max_epochs = 0 (the selected setting's"
                f" epochs), for {reason}; got {final.patience} and {final.max_epochs}"
            )
    if search.folds == 1 and search.nested:
        yield "search.nested needs search.folds = 2 or more; with 1 there are no outer folds"
    if search.folds == 1 and search.repeats == 1 and search.select == "one-se":
        yield (
            "search.select = 'one-se' needs a standard error: set search.folds or search.repeats to 2 or more"
        )
