"""Live bars on a terminal."""

from typing import TYPE_CHECKING

from rich.progress import Progress, TaskID

from gossamer.progress.pace import Pace
from gossamer.progress.words import duplicates_line, final_epoch, nested_line, selected_line, start_line

if TYPE_CHECKING:
    from gossamer.study import events


class DownloadBars:
    """A bar for every file."""

    def __init__(self, bars: Progress) -> None:
        self._bars, self._tasks = bars, dict[str, TaskID]()

    def __call__(self, label: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` bytes of `label` are there."""
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(label, total=total, note="")
        self._bars.update(self._tasks[label], completed=done, total=total)


class StudyBars:
    """Live bars: the search, the final fit, the downloads before them."""

    def __init__(self, bars: Progress) -> None:
        self._bars, self._download = bars, DownloadBars(bars)
        self._search: TaskID | None = None
        self._finals: dict[str, TaskID] = {}
        self._pace: Pace

    def __call__(self, event: "events.Event") -> None:
        """Show `event`."""
        from gossamer.study import events

        match event:
            case events.DataProgress():
                self._download(event.label, event.done, event.total)
            case events.StudyStarted():
                self._bars.print(*event.notes, start_line(event), sep="\n", markup=False)
            case events.RungStarted():
                self._pace = Pace(event.work)
                self._search = self._bars.add_task(
                    f"{event.stage} (epochs)", total=max(1, event.work.epochs), note=""
                )
                self._show_search()
            case events.DuplicatesFound():
                self._bars.print(duplicates_line(event))
            case events.FitProgress():
                self._pace.progress(event)
                self._show_search()
            case events.FitDone():
                self._pace.finish(event)
                self._show_search()
            case events.CellSelected():
                self._bars.print(selected_line(event))
            case events.NestedDone():
                self._bars.print(nested_line(event))
            case events.FinalEpoch():
                if event.label not in self._finals:
                    bar = self._bars.add_task(f"{event.label} (epochs)", total=event.max_epochs, note="")
                    self._finals[event.label] = bar
                note = final_epoch(event.epoch)
                self._bars.update(self._finals[event.label], completed=event.epoch.epoch, note=note)
            case events.ModelTested():
                for bar in self._finals.values():  # it may have stopped early: full when the fit is done
                    self._bars.update(bar, total=self._bars.tasks[bar].completed)

    def _show_search(self) -> None:
        if self._search is not None:
            pace = self._pace
            note = f"{pace.done}/{pace.fits} fits, {len(pace.running)} running  {pace.left}"
            done = pace.epochs_done if pace.epochs else 1  # all of it was in the journal: a full bar
            self._bars.update(self._search, completed=done, note=note)
