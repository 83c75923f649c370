"""What an executor is: it does tasks somewhere and hands their outcomes back as they come."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence

from gossamer.search.fits import Fit
from gossamer.search.tasks import Outcome, Task

OnProgress = Callable[[Fit, int], None]
"""Called in the driver with a fit and its number of epochs done."""

Outcomes = Generator[tuple[Task, Outcome], None, None]


class Executor(ABC):
    """Where tasks are done. Outcomes come in any order; what is in them does not depend on where they ran."""

    workers: int

    @abstractmethod
    def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
        """Do `tasks`, yielding each once with its outcome; closing the generator ends the rest.

        A task whose worker is gone comes back as lost: whether it is done again is the caller's affair.
        """

    def close(self) -> None:  # noqa: B027 - to do nothing is the rule
        """Let go of what is held from one run to the next; most hold nothing."""
