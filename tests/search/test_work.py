"""The driver: what it keeps of a fit while it goes on, and what it does when a worker is lost."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine, open_engine
from gossamer.network import Scaling
from gossamer.search import (
    Executor,
    Fit,
    Journal,
    OnProgress,
    Progress,
    Setting,
    Task,
    do_tasks,
    open_executor,
    plan_search,
    resume,
)
from gossamer.search.executors import InlineExecutor, ProcessExecutor, ThreadExecutor
from gossamer.search.executors.base import Outcomes

EPOCHS = 80


@pytest.fixture(scope="module")
def native() -> Engine:
    return open_engine("native")


@pytest.fixture(scope="module")
def fit(digits: LabelledImages, settings: list[Setting], native: Engine) -> Fit:
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    long = replace(settings[0], training={**settings[0].training, "epochs": EPOCHS})
    return plan_search(digits, repeats, [long], native, Scaling(), seed="0").all_fits[0]


def outcome(fit: Fit, journal: Journal) -> str:
    found = journal.find(fit)
    assert found is not None
    weights = {name: array.tobytes() for name, array in sorted(found.fitted.weights.items())}
    return repr((found.history, weights))


@pytest.fixture(scope="module")
def straight(
    fit: Fit, native: Engine, digits: LabelledImages, tmp_path_factory: pytest.TempPathFactory
) -> str:
    with Journal(tmp_path_factory.mktemp("straight") / "journal.db") as journal:
        do_tasks([Task(fit)], journal, open_executor(native, digits, 1))
        return outcome(fit, journal)


EXECUTORS: dict[str, Callable[[Engine, LabelledImages], Executor]] = {
    "inline": InlineExecutor,
    "threads": partial(ThreadExecutor, workers=2),
    "processes": partial(ProcessExecutor, workers=2),
}


@pytest.mark.parametrize("kind", EXECUTORS)
def test_a_halted_fit_goes_on_from_its_last_checkpoint(
    fit: Fit, native: Engine, digits: LabelledImages, straight: str, tmp_path: Path, kind: str
) -> None:
    def executor() -> Executor:
        return EXECUTORS[kind](native, digits)

    def halt(_: Fit, progress: Progress) -> None:
        if progress.epochs == 5:
            raise InterruptedError

    with Journal(tmp_path / "journal.db") as journal, pytest.raises(InterruptedError):
        do_tasks([Task(fit, checkpoint_seconds=0)], journal, executor(), on_progress=halt)
    told: list[int] = []
    with Journal(tmp_path / "journal.db") as journal:
        do_tasks(
            [replace(resume(journal, fit), checkpoint_seconds=0)],
            journal,
            executor(),
            on_progress=lambda _, progress: told.append(progress.epochs),
        )
        assert outcome(fit, journal) == straight
        assert [standing.finished for standing in journal.standings()] == [True]
    assert told == list(range(6, EPOCHS + 1))


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_lost_fit_goes_on_from_its_last_checkpoint(
    fit: Fit, native: Engine, digits: LabelledImages, straight: str, tmp_path: Path
) -> None:
    told: list[int] = []
    killed: list[int] = []

    def kill(_: Fit, progress: Progress) -> None:
        told.append(progress.epochs)
        if progress.so_far is not None and not killed:
            (worker,) = active_children()
            assert worker.pid is not None
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    with Journal(tmp_path / "journal.db") as journal:
        task = Task(fit, checkpoint_seconds=0)
        do_tasks([task], journal, ProcessExecutor(native, digits, 1), on_progress=kill)
        assert outcome(fit, journal) == straight
    assert killed
    assert told == list(range(1, EPOCHS + 1))


def test_a_checkpoint_that_is_none_is_not_kept(
    fit: Fit, native: Engine, digits: LabelledImages, straight: str, tmp_path: Path
) -> None:
    class Untrue(InlineExecutor):
        """Hands over what is no checkpoint."""

        def run(self, tasks: Sequence[Task], on_progress: OnProgress) -> Outcomes:
            junk: Any = b"junk"
            for task in tasks:
                on_progress(task.fit, Progress(3, junk))
            return super().run(tasks, on_progress)

    with Journal(tmp_path / "journal.db") as journal:
        do_tasks([Task(fit)], journal, Untrue(native, digits))
        assert outcome(fit, journal) == straight
