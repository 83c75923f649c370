"""How far a search is, and how long it will take."""

from time import monotonic
from typing import TYPE_CHECKING

from gossamer.cli.progress.words import in_words

if TYPE_CHECKING:
    from gossamer.study import events


class Pace:
    """Epochs done and still to do in a search, and the time left at the pace so far."""

    def __init__(self, event: "events.StudyOpened") -> None:
        self.fits, self.done = event.fits, event.fits_found
        self.running: dict[str, int] = {}
        self._epochs = event.epochs
        self._to_do = (event.fits - event.fits_found) * event.epochs
        self._finished_epochs = 0
        self._started = monotonic()

    def progress(self, event: "events.FitProgress") -> None:
        """A fit has done another epoch."""
        self.running[event.fit.key] = event.epochs

    def finish(self, event: "events.FitDone") -> None:
        """A fit is done."""
        self.running.pop(event.fit.key, None)
        self.done += 1
        self._finished_epochs += self._epochs

    @property
    def epochs_done(self) -> int:
        """Of all fits of the search, found ones included."""
        return self.fits * self._epochs - self._to_do + self._epochs_done_here

    @property
    def left(self) -> str:
        """The time left in words, once there is a pace to tell it from."""
        done = self._epochs_done_here
        if not done:
            return ""
        seconds = (monotonic() - self._started) / done * (self._to_do - done)
        return f"about {in_words(seconds)} left"

    @property
    def _epochs_done_here(self) -> int:
        return self._finished_epochs + sum(self.running.values())
