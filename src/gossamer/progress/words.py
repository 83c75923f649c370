"""Lines about a study, the same on a terminal and in a pipe."""

from math import isnan
from typing import TYPE_CHECKING

from gossamer.numbers import counted

if TYPE_CHECKING:
    from gossamer.study import events
    from gossamer.training import Epoch


def start_line(event: "events.StudyStarted") -> str:
    """What is about to be done."""
    found = f" ({event.fits_found} already in the journal)" if event.fits_found else ""
    settings, workers = counted(event.cells, "setting"), counted(event.workers, "worker")
    work = f"{settings}, {counted(event.fits, 'fit')} of at most {event.epochs} epochs{found}"
    return f"{event.data}: {work}; {event.engine}, {workers}"


def duplicates_line(event: "events.DuplicatesFound") -> str:
    """How many images are duplicates, and how the study treats them."""
    found = event.duplicates
    return (
        f"duplicates: {found.train:,} training images ({found.contradicting:,} with contradicting labels),"
        f" {found.test:,} test images, {found.across:,} test images that are in training too; duplicates"
        " share a fold, and the test set is scored with and without them"
    )


def selected_line(event: "events.CellSelected") -> str:
    """Which cell won."""
    cell, fits = event.cell, len(event.cell.histories)
    spread = f" +- {cell.std_val_accuracy:.4f} over {fits} fits" if fits > 1 else ", of one hold-out"
    return (
        f"selected: {cell.setting}: validation loss {cell.mean_val_loss:.4f},"
        f" accuracy {cell.mean_val_accuracy:.4f}{spread}"
    )


def final_epoch(epoch: "Epoch") -> str:
    """What an epoch of the final fit came to, on its validation images if it has any."""
    if isnan(epoch.val_accuracy):
        return f"training loss {epoch.train_loss:.4f}, accuracy {epoch.train_accuracy:.4f}"
    return f"validation loss {epoch.val_loss:.4f}, accuracy {epoch.val_accuracy:.4f}"


def rung_line(event: "events.RungStarted") -> str:
    """What a rung of a halving, or a fold of the nested cross validation, asks for."""
    work, found = event.work, f" ({event.work.found} already there)" if event.work.found else ""
    settings, epochs = counted(len(work.until), "setting"), max(work.until.values())
    return f"{event.stage}: {settings} up to epoch {epochs}, {counted(work.fits, 'fit')}{found}"


def nested_line(event: "events.NestedDone") -> str:
    """What the whole procedure came to on the outer folds."""
    found = event.nested
    return (
        f"nested cross validation: the procedure's accuracy {found.mean_accuracy:.4f} +-"
        f" {found.std_accuracy:.4f} over {len(found.folds)} outer folds"
    )


def in_words(seconds: float) -> str:
    """A duration as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
