"""Plain lines in a pipe."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from gossamer.progress.pace import Pace
from gossamer.progress.words import (
    duplicates_line,
    final_epoch,
    in_words,
    nested_line,
    rung_line,
    selected_line,
    start_line,
)

if TYPE_CHECKING:
    from gossamer.study import events

LINE_SECONDS = 10.0


class DownloadLines:
    """A line for every file, as it begins."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._seen = say, set[str]()

    def __call__(self, label: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Show that `label` has begun."""
        if label not in self._seen:
            self._seen.add(label)
            self._say(f"fetching {label}" + (f" ({total:,} bytes)" if total else ""))


class StudyLines:
    """At most one line every ten seconds in the search, one an epoch in the final fit."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._download = say, DownloadLines(say)
        self._said_at = monotonic()
        self._pace: Pace

    def __call__(self, event: "events.Event") -> None:
        """Show `event`."""
        from gossamer.study import events

        match event:
            case events.DataProgress():
                self._download(event.label, event.done, event.total)
            case events.StudyStarted():
                for line in (*event.notes, start_line(event)):
                    self._say(line)
            case events.RungStarted():
                self._pace, self._stage = Pace(event.work), event.stage
                if event.stage != "search":  # the first line has announced it
                    self._say(rung_line(event))
            case events.DuplicatesFound():
                self._say(duplicates_line(event))
            case events.FitProgress():
                self._pace.progress(event)
                self._say_search(f"{len(self._pace.running)} running")
            case events.FitDone():
                self._pace.finish(event)
                self._say_search(f"last: {event.fit.label} in {in_words(event.seconds)}")
            case events.CellSelected():
                self._say(selected_line(event))
            case events.NestedDone():
                self._say(nested_line(event))
            case events.FinalEpoch():
                most = f"at most {event.max_epochs}" if event.early_stopping else f"{event.max_epochs}"
                number = f"epoch {event.epoch.epoch} of {most}"
                self._say(f"{event.label}: {number}, {final_epoch(event.epoch)}")

    def _say_search(self, note: str) -> None:
        pace = self._pace
        if monotonic() - self._said_at >= LINE_SECONDS or pace.done == pace.fits:
            self._said_at = monotonic()
            self._say(f"{self._stage}: {pace.done} of {pace.fits} fits done, {note}; {pace.left}")
