"""How far a rung of a search is, and how long it will take."""

from time import monotonic
from typing import TYPE_CHECKING

from gossamer.progress.words import in_words

if TYPE_CHECKING:
    from gossamer.search import RungWork
    from gossamer.study import events


class Pace:
    """Epochs done and still to do in a rung, and the time left at the pace so far."""

    def __init__(self, work: "RungWork") -> None:
        self.fits, self.done, self.epochs = work.fits, work.found, work.epochs
        self.running: set[str] = set()
        self.epochs_done = 0
        self._started = monotonic()

    def progress(self, event: "events.FitProgress") -> None:
        """A fit has done another epoch."""
        self.running.add(event.fit.key)
        self.epochs_done += 1

    def finish(self, event: "events.FitDone") -> None:
        """A fit is done."""
        self.running.discard(event.fit.key)
        self.done += 1

    @property
    def left(self) -> str:
        """The time left in words, once there is a pace to tell it from."""
        if not self.epochs_done:
            return ""
        left = max(0, self.epochs - self.epochs_done)  # a fit done again has its epochs counted twice
        return f"about {in_words((monotonic() - self._started) / self.epochs_done * left)} left"
