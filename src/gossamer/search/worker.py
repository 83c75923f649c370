"""The one worker: it does a fit and times it, wherever it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.fits import Fit
from gossamer.training import Checkpoint, Fitted, fit


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """A finished fit and the seconds it took here."""

    fitted: Fitted
    seconds: float


def run_fit(
    engine: Engine,
    images: LabelledImages,
    task: Fit,
    *,
    resume_from: Checkpoint | None = None,
    threads: int = 1,
    on_epoch: Callable[[Checkpoint], None] = lambda _: None,
) -> FitOutcome:
    """Do the fit `task` on the training set `images`, from a checkpoint if there is one."""
    started = perf_counter()
    fitted = fit(
        engine,
        task.network,
        task.scaling,
        images,
        task.split,
        task.recipe,
        resume_from=resume_from,
        threads=threads,
        on_epoch=on_epoch,
    )
    return FitOutcome(fitted, perf_counter() - started)
