"""The best model that fits, in Python: plan a study, and run it."""

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gossamer.api.data import Amount, budgets_of
from gossamer.api.study import Folder, Source, run, watched
from gossamer.data import Dataset, open_source
from gossamer.engine import open_engine
from gossamer.errors import SettingError, StudyFolderError
from gossamer.files import pretty_json, write_atomically
from gossamer.network import Budgets
from gossamer.planning import DEFAULT_BUDGETS, Plan, plan_auto
from gossamer.results import StudyResults
from gossamer.study import DataSettings, Observer, RunSettings, Study, StudyFolder, read_study
from gossamer.study.events import DataProgress
from gossamer.study.folder import first_difference
from gossamer.study.plan import default_workers
from gossamer.study.read import read_planned
from gossamer.study.record import encode

MOST_MINUTES = 10_000


def auto(
    data: Source,
    *,
    out: Folder,
    minutes: float = 15,
    max_parameters: Amount | None = None,
    max_multiply_adds: Amount | None = None,
    max_ram: Amount | None = None,
    max_flash: Amount | None = None,
    workers: int | None = None,
    seed: int = 0,
    engine: str = "auto",
    settings: DataSettings | None = None,
    progress: bool = False,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_event: Observer = lambda _: None,
) -> StudyResults:
    """The best model for `data` that fits the budgets, in the minutes there are.

    A study is planned (see `plan`), written to `out` and run. A folder that holds a plan for the same request
    goes on with it.

    Args:
        data: a data set, or what `load_data` takes.
        out: the study folder.
        minutes: until the end.
        max_parameters: trained ones, 20000 or "20k"; without any budget, that many.
        max_multiply_adds: for one image.
        max_ram: bytes of activations in 8-bit integers, image included; "32k" is 32 KiB.
        max_flash: bytes of constants in 8-bit integers, and of code.
        workers: fits at once; by default one per core. The plan depends on it, the result of a plan does not.
        seed: of the study.
        engine: what computes.
        settings: how a source of images is read, with its name.
        progress: whether progress is shown, as by `run`.
        on_plan: called with a new plan, before its first fit.
        on_event: called with every event, as in `run`.

    Raises:
        GossamerError: whatever cannot be done, in one line.
    """
    folder = StudyFolder(Path(out))
    budgets = _budgets(max_parameters, max_multiply_adds, max_ram, max_flash)
    settings = settings or _settings(data)
    asked = Study(data=settings, run=RunSettings(seed=seed, engine=engine))
    with watched(on_event, progress=progress) as observer:
        if folder.study.is_file():
            study = _held(folder, asked, minutes, budgets)
        else:
            made = _plan(data, asked, minutes, budgets, workers, observer)
            on_plan(made)
            folder.make()
            write_atomically(folder.plan, pretty_json(encode(made.planned)))
            study = made.study
        images = data if isinstance(data, Dataset) else None
        return run(study, images, out=out, workers=workers, on_event=observer)


def plan(
    data: Source,
    *,
    minutes: float = 15,
    max_parameters: Amount | None = None,
    max_multiply_adds: Amount | None = None,
    max_ram: Amount | None = None,
    max_flash: Amount | None = None,
    workers: int | None = None,
    seed: int = 0,
    engine: str = "auto",
    settings: DataSettings | None = None,
    on_event: Observer = lambda _: None,
) -> Plan:
    """The study that `auto` would run; networks are timed, and nothing is trained to its end.

    Args:
        data: as of `auto`, like all that is not named here.
        minutes: until the end.
        max_parameters: a budget.
        max_multiply_adds: a budget.
        max_ram: a budget.
        max_flash: a budget.
        workers: fits at once.
        seed: of the study.
        engine: what computes.
        settings: how a source of images is read, with its name.
        on_event: called as files arrive.

    Raises:
        GossamerError: the data cannot be read, no network fits the budgets, or there is too little time.
    """
    budgets = _budgets(max_parameters, max_multiply_adds, max_ram, max_flash)
    asked = Study(data=settings or _settings(data), run=RunSettings(seed=seed, engine=engine))
    return _plan(data, asked, minutes, budgets, workers, on_event)


def _plan(
    data: Source, study: Study, minutes: float, budgets: Budgets, workers: int | None, on_event: Observer
) -> Plan:
    if not 0 < minutes <= MOST_MINUTES:
        raise SettingError(f"minutes must be above 0 and at most {MOST_MINUTES:,}; got {minutes:g}")

    def on_download(*progress: Any) -> None:
        on_event(DataProgress(*progress))

    settings = study.data
    dataset = (
        data if isinstance(data, Dataset) else open_source(settings.source, on_download, settings.reading)
    )
    workers = workers or default_workers(open_engine(study.run.engine, study.run.device))
    return plan_auto(study, dataset, budgets, minutes, workers)


def _budgets(*given: Amount | None) -> Budgets:
    return DEFAULT_BUDGETS if given == (None,) * 4 else budgets_of(*given)


def _settings(data: Source) -> DataSettings:
    if isinstance(data, Dataset):
        return DataSettings(data.name, background=data.background)
    return DataSettings(os.fspath(data))


def _held(folder: StudyFolder, asked: Study, minutes: float, budgets: Budgets) -> Study:
    """The study that was planned in `folder`, on the data of `asked`.

    Raises:
        StudyFolderError: it was planned for something else, or not at all.
    """
    study, planned = read_study(folder.study), read_planned(folder)
    if planned is None:
        raise StudyFolderError(
            f"{folder.path} holds a study that was not planned; `gossamer run` goes on with it, --out names"
            " another folder"
        )
    there = _request(study, planned.minutes, planned.budgets)
    here = _request(asked, minutes, budgets)
    if asked.run.engine == "auto":
        here["engine"] = there["engine"]
    if there != here:
        place, held, wanted = first_difference(there, here)
        raise StudyFolderError(
            f"{folder.path} holds a plan for another request: its {place} is {held!r}, this one's"
            f" {wanted!r}; name another folder with --out, or ask for the same to go on"
        )
    return replace(study, data=asked.data)


def _request(study: Study, minutes: float, budgets: Budgets) -> dict[str, Any]:
    """All that a plan was made for, but the place of the images: they count by content, in the journal."""
    data = {name: value for name, value in asdict(study.data).items() if name != "source"}
    run, most = study.run, {f"max_{name}": value for name, value in asdict(budgets).items()}
    return {"minutes": minutes, **most, **data, "seed": run.seed, "engine": run.engine}
