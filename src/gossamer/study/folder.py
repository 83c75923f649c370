"""A study folder: the names of its files, and whose it is."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.errors import StudyFolderError
from gossamer.files import remove_leftovers
from gossamer.network.model import FILE_NAME
from gossamer.search import Fit, Journal
from gossamer.study.identity import spelled_out


@dataclass(frozen=True)
class StudyFolder:
    """The files of one study."""

    path: Path

    @property
    def study(self) -> Path:
        """The study as resolved: every default spelled out."""
        return self.path / "study.toml"

    @property
    def plan(self) -> Path:
        """Why the study is as it is, where it was planned for so many minutes."""
        return self.path / "plan.json"

    @property
    def journal(self) -> Path:
        """Fits, checkpoints and test-set accesses, in SQLite."""
        return self.path / "journal.db"

    @property
    def results(self) -> Path:
        """Canonical results; byte-stable."""
        return self.path / "results.json"

    @property
    def timings(self) -> Path:
        """Seconds, machine and versions: all that may differ from run to run."""
        return self.path / "timings.json"

    @property
    def search(self) -> Path:
        """One row a cell."""
        return self.path / "search.csv"

    @property
    def history(self) -> Path:
        """One row an epoch of the final fit."""
        return self.path / "history.csv"

    @property
    def details(self) -> Path:
        """What the report shows beyond the results: curves, calibration, answers; byte-stable."""
        return self.path / "details.json"

    @property
    def doubts(self) -> Path:
        """One row a training image whose label is possibly wrong."""
        return self.path / "doubts.csv"

    @property
    def model(self) -> Path:
        """The selected model."""
        return self.path / FILE_NAME

    @property
    def report(self) -> Path:
        """One self-contained page."""
        return self.path / "report.html"

    @property
    def lock(self) -> Path:
        """Held by the run at work in the folder; an empty file."""
        return self.path / ".lock"

    @property
    def is_writable(self) -> bool:
        """Whether the folder and its journal may be written."""
        return os.access(self.path, os.W_OK) and os.access(self.journal, os.W_OK)

    def make(self) -> None:
        """Make the folder if it is not there.

        Raises:
            StudyFolderError: it cannot be made, or its place is taken by a file.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StudyFolderError(
                f"{self.path}: cannot be made a study folder ({error.strerror}); try another --out"
            ) from error

    @property
    def outcome(self) -> Sequence[Path]:
        """What a finished study has beside its journal and the files that say what it is."""
        tables = (self.search, self.history, self.doubts)
        return (self.results, self.details, self.timings, *tables, self.model, self.report)

    def sweep(self) -> None:
        """Remove what writes that were killed left; only while the folder's lock is held."""
        for file in (self.study, self.journal, self.plan, *self.outcome):
            remove_leftovers(file)


def claim(
    journal: Journal, folder: StudyFolder, identity: dict[str, Any], fits: Sequence[Fit], *, extend: bool
) -> None:
    """Make the folder's journal that of the study `identity` with the search's `fits`, if it is not already.

    What another study's outcome was is removed: beside this study's file it would be taken for this one's.

    Raises:
        StudyFolderError: it holds another study and `extend` is false.
    """
    held = journal.identity()
    if held is not None and held != identity and not extend:
        place, there, here = first_difference(spelled_out(held), spelled_out(identity))
        raise StudyFolderError(
            f"{folder.path} holds another study: its {place} is {there!r}, this one's {here!r};"
            " name another folder with --out, or carry its fits over with --extend"
        )
    if held != identity:
        for file in folder.outcome if held is not None else ():
            file.unlink(missing_ok=True)
        journal.set_study(identity, fits)


def first_difference(there: Any, here: Any, place: str = "") -> tuple[str, Any, Any]:
    """Where two JSON objects that differ first do so, and what each has there."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in here | there:
            if there.get(key) != here.get(key):
                inner = f"{place}.{key}" if place else str(key)
                return first_difference(there.get(key), here.get(key), inner)
    return place, there, here
