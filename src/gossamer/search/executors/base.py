"""What an executor is: it runs fits somewhere and hands their outcomes back as they come."""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from gossamer.search.fits import Fit
from gossamer.search.worker import FitOutcome

OnProgress = Callable[[Fit, int], None]
"""Called in the driver with a fit and its number of epochs done."""

Outcomes = Generator[tuple[Fit, FitOutcome], None, None]


class Executor(Protocol):
    """Where fits run. Outcomes come in any order; what is in them does not depend on where they ran."""

    workers: int

    def run(self, fits: Sequence[Fit], on_progress: OnProgress) -> Outcomes:
        """Run `fits`, yielding each with its outcome as it ends; closing the generator ends the rest."""
