"""The study in Python, in the order in which data flows: load, run, look."""

import os
from pathlib import Path

from gossamer.data import Dataset, Reading, open_source
from gossamer.report import write_report
from gossamer.results import StudyResults
from gossamer.study import Observer, Study, StudyFolder, change_study, plan_study, run_study


def load_data(
    source: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    skip_bad: bool = False,
    background: str = "black",
) -> Dataset:
    """The data set that `source` names: fashion-mnist, digits, or a path (docs/data.md).

    Args:
        source: the name or the path.
        size: (H, W) that every image is resized to.
        channels: 1 for grey, 3 for RGB.
        skip_bad: leave out files that are no pictures, and say so in the data set's notes.
        background: "black" or "white": what lies behind transparent pixels, and beside pictures that `size`
            pads.

    Raises:
        DataError: there is no such data set, or it cannot be read.
    """
    return open_source(os.fspath(source), None, Reading(size, channels, skip_bad, background))


def run(
    study: Study | None = None,
    data: Dataset | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    workers: int | None = None,
    executor: str = "auto",
    extend: bool = False,
    on_event: Observer = lambda _: None,
) -> StudyResults:
    """Search, choose, fit, test and report, as `gossamer run` does; run again on the same folder, resume.

    Args:
        study: the settings; by default the report's.
        data: a data set, or what `load_data` takes; by default the study's own source.
        out: the study folder.
        workers: how many fits run at once; by default one a core. Changes no result.
        executor: auto, threads, processes or ray. Changes no result.
        extend: whether a folder that holds another study hands its fits over.
        on_event: called with every event (`gossamer.study.events`): a fit's epochs, a fit that is done, the
            selection, the final fit's epochs.

    Raises:
        GossamerError: whatever cannot be done, in one line.
    """
    study = study or Study()
    dataset = data if isinstance(data, Dataset) else None
    if data is not None and dataset is None:
        study = change_study(study, {"data.source": os.fspath(data)})  # type: ignore[arg-type]
    plan = plan_study(study, on_event, dataset)
    folder = StudyFolder(Path(out))
    count = workers or plan.default_workers
    at_once, threads = (workers, plan.default_workers) if executor == "ray" else (count, count)
    run_study(
        plan, folder, workers=at_once, executor=executor, threads=threads, extend=extend, observer=on_event
    )
    write_report(folder)
    return StudyResults(folder.path)


def open_study(folder: str | os.PathLike[str]) -> StudyResults:
    """The results of a finished study in `folder`.

    Raises:
        StudyFolderError: there are none, or they are damaged.
    """
    return StudyResults(Path(folder))
