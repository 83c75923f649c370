"""One fit after another, in the driver itself."""

from collections.abc import Sequence

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import OnProgress, Outcomes
from gossamer.search.fits import Fit
from gossamer.search.worker import run_fit
from gossamer.training import Checkpoint


class InlineExecutor:
    """Runs fits where it is called; needs nothing."""

    workers = 1

    def __init__(self, engine: Engine, images: LabelledImages) -> None:
        self._engine, self._images = engine, images

    def run(self, fits: Sequence[Fit], on_progress: OnProgress) -> Outcomes:
        """Run `fits` in order."""
        for fit in fits:

            def on_epoch(checkpoint: Checkpoint, fit: Fit = fit) -> None:
                on_progress(fit, len(checkpoint.history))

            yield fit, run_fit(self._engine, self._images, fit, on_epoch=on_epoch)
