"""What an executor is: it does tasks somewhere and yields their outcomes as they arrive."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence

from gossamer.search.fits import Fit
from gossamer.search.tasks import Outcome, Progress, Task

OnProgress = Callable[[Fit, Progress], None]
"""Called in the driver with a fit and how far it is."""

Outcomes = Generator[tuple[Task, Outcome], None, None]


class Executor(ABC):
    """Where tasks are done. Outcomes arrive in any order; their content does not depend on where they ran."""

    workers: int

    @abstractmethod
    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks` and yield each once with its outcome; closing the generator stops the rest.

        A task whose worker is lost is yielded as lost; the caller decides whether to repeat it.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to do
        """Release what is held between runs; most executors hold nothing."""
