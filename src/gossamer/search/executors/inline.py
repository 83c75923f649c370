"""One fit after another, in the driver itself."""

from collections.abc import Iterator, Sequence

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import OnProgress
from gossamer.search.fits import Fit
from gossamer.search.worker import FitOutcome, run_fit


class InlineExecutor:
    """Runs fits where it is called; needs nothing."""

    workers = 1

    def __init__(self, engine: Engine, images: LabelledImages) -> None:
        self._engine, self._images = engine, images

    def run(self, fits: Sequence[Fit], on_progress: OnProgress) -> Iterator[tuple[Fit, FitOutcome]]:
        """Run `fits` in order."""
        for fit in fits:
            yield (
                fit,
                run_fit(
                    self._engine,
                    self._images,
                    fit,
                    on_epoch=lambda task, checkpoint: on_progress(task, len(checkpoint.history)),
                ),
            )
