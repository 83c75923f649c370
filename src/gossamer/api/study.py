"""Studies in Python: run, watch, read, report, compare, verify."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gossamer import report
from gossamer import study as studies
from gossamer.data import Dataset, open_source
from gossamer.progress import watch_study
from gossamer.report import Comparison, Verified
from gossamer.results import StudyResults
from gossamer.search import check_executor
from gossamer.study import Observer, Preview, Study, StudyFolder, StudyPlan, StudyStatus, read_study
from gossamer.study.events import Event

Folder = str | os.PathLike[str]
Source = Dataset | str | os.PathLike[str]


def run(
    study: Study | Folder | None = None,
    data: Source | None = None,
    *,
    out: Folder,
    workers: int | None = None,
    executor: str = "auto",
    extend: bool = False,
    progress: bool = False,
    on_event: Observer = lambda _: None,
) -> StudyResults:
    """Search, select, fit, test and report; run again on the same folder, it resumes.

    Args:
        study: the settings, or a study file; by default the report's.
        data: a data set, or what `load_data` takes; by default the study's own source.
        out: the study folder.
        workers: how many fits run at once; by default one per core. Changes no result.
        executor: auto, threads, processes or ray. Changes no result.
        extend: whether the fits of another study in the folder are carried over.
        progress: whether progress is shown: as bars on a terminal and in a notebook with ipywidgets, else as
            lines.
        on_event: called with every event (`gossamer.study.events`): a fit's epochs, a fit that is done, the
            selection, the final fit's epochs.

    Raises:
        GossamerError: whatever cannot be done, in one line.
    """
    folder = StudyFolder(Path(out))
    with watched(on_event, progress=progress) as observer:
        plan = _plan(study, data, observer)
        how = _how(plan, workers, executor)
        studies.run_study(plan, folder, **how, extend=extend, observer=observer)
    report.write_report(folder)
    return StudyResults(folder.path)


def search_study(
    study: Study | Folder | None = None,
    data: Source | None = None,
    *,
    out: Folder,
    workers: int | None = None,
    executor: str = "auto",
    extend: bool = False,
    progress: bool = False,
    on_event: Observer = lambda _: None,
) -> StudyStatus:
    """Search and select, as `run` does, and stop: no final fit is done and the test set stays sealed.

    `run` on the same folder goes on from there. Arguments and errors are those of `run`.
    """
    folder = StudyFolder(Path(out))
    with watched(on_event, progress=progress) as observer:
        plan = _plan(study, data, observer)
        how = _how(plan, workers, executor)
        studies.search_study(plan, folder, **how, extend=extend, observer=observer)
    return studies.study_status(folder)


def preview(
    study: Study | Folder | None = None,
    data: Source | None = None,
    *,
    out: Folder,
    workers: int | None = None,
) -> Preview:
    """What `run` would fit, what is there already, and an estimate of the time; nothing is changed.

    Raises:
        GossamerError: whatever cannot be done, in one line.
    """
    plan = _plan(study, data, lambda _: None)
    return studies.preview_study(plan, StudyFolder(Path(out)), workers or plan.default_workers)


def open_study(folder: Folder) -> StudyResults:
    """The results of a finished study in `folder`.

    Raises:
        StudyFolderError: there are none, or they are damaged.
    """
    return StudyResults(Path(folder))


def study_status(folder: Folder) -> StudyStatus:
    """How far the study in `folder` is, running or not; it is not disturbed.

    Raises:
        StudyFolderError: there is none.
        JournalError: its journal cannot be read.
    """
    return studies.study_status(StudyFolder(Path(folder)))


def write_report(folder: Folder) -> Path:
    """Write a finished study's report.html again, and return its path.

    Raises:
        StudyFolderError, ModelFileError: there are no results, or a file is damaged or cannot be written.
    """
    return report.write_report(StudyFolder(Path(folder)))


def compare_studies(folders: Sequence[Folder], out: Folder | None = None) -> Comparison:
    """Set finished studies side by side, and write the page to `out` if it is given.

    Raises:
        SettingError: there are fewer than two folders, or too many.
        StudyFolderError, ModelFileError: a study cannot be read, or the page cannot be written.
    """
    there = [StudyFolder(Path(folder)) for folder in folders]
    return report.compare_studies(there) if out is None else report.write_comparison(there, Path(out))


def verify_study(
    folder: Folder,
    data: Source | None = None,
    *,
    on_fit: Callable[[int, int], None] = lambda *_: None,
    on_download: Callable[[str, int, int | None], None] | None = None,
) -> Verified:
    """Recompute every number that a finished study states; nothing is fitted or written.

    Args:
        folder: the study's.
        data: its data, where they are no longer at the source that its study file names.
        on_fit: called with how many fits have been scored, and of how many.
        on_download: called as files arrive.

    Raises:
        VerificationError: the first difference.
        GossamerError: a file is missing or damaged, or the data or the engine cannot be had.
    """
    there = StudyFolder(Path(folder))
    if data is not None and not isinstance(data, Dataset):
        data = open_source(os.fspath(data), on_download, read_study(there.study).data.reading)
    return report.verify_study(there, dataset=data, on_fit=on_fit)


@contextmanager
def watched(on_event: Observer, *, progress: bool) -> Iterator[Observer]:
    """An observer that calls `on_event` and, if `progress` is wanted, shows it until the block ends."""
    with watch_study(quiet=not progress) as show:

        def both(event: Event) -> None:
            show(event)
            on_event(event)

        yield both


def _how(plan: StudyPlan, workers: int | None, executor: str) -> dict[str, Any]:
    """Where fits run, and on how many threads what the driver does itself."""
    check_executor(executor)
    threads = workers or plan.default_workers
    if executor == "ray":  # a cluster has other cores than this machine
        return {"executor": executor, "workers": workers, "threads": plan.default_workers}
    return {"executor": executor, "workers": threads, "threads": threads}


def _plan(study: Study | Folder | None, data: Source | None, on_event: Observer) -> StudyPlan:
    if study is None:
        study = Study()
    elif not isinstance(study, Study):
        study = read_study(Path(study))
    if data is not None and not isinstance(data, Dataset):
        return studies.plan_study(studies.change_study(study, {"data.source": os.fspath(data)}), on_event)
    return studies.plan_study(study, on_event, data)
