"""Worker processes: whatever befalls one costs its fit a retry, and none is left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine, open_engine
from gossamer.errors import EngineError, WorkerError
from gossamer.network import Scaling
from gossamer.search import (
    Fit,
    FitLost,
    FitOutcome,
    Journal,
    Progress,
    SearchPlan,
    Setting,
    Task,
    do_tasks,
    plan_search,
)
from gossamer.search.executors import ProcessExecutor

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("native")  # whose workers start in half a second, as PyTorch's do not


@pytest.fixture(scope="module")
def plan(digits: LabelledImages, settings: list[Setting], engine: Engine) -> SearchPlan:
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    return plan_search(digits, repeats, settings, engine, Scaling(), seed="0")


def endless(fit: Fit) -> Task:
    return Task(replace(fit, recipe=replace(fit.recipe, max_epochs=10_000_000)))


def only_worker() -> int:
    (worker,) = active_children()
    assert worker.pid is not None
    return worker.pid


def test_closing_early_ends_every_worker(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> None:
    tasks = [Task(plan.all_fits[0]), *map(endless, plan.all_fits[1:])]
    with closing(ProcessExecutor(engine, digits, 2).run(tasks, lambda *_: None)) as outcomes:
        assert next(outcomes)[0] is tasks[0]
        workers = active_children()
        assert workers
    assert active_children() == []
    assert not any(worker.is_alive() for worker in workers)


@pytest.mark.parametrize(
    ("blow", "reason"),
    [
        (signal.SIGKILL, "its process ended with exit code -9"),
        (signal.SIGTERM, "its process ended with exit code -15"),
        (signal.SIGSTOP, "its process was silent for 3 s"),
    ],
)
def test_a_worker_that_dies_or_falls_silent_loses_its_fit_and_no_other(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, blow: signal.Signals, reason: str
) -> None:
    first, *rest = plan.all_fits[:3]
    struck: list[Fit] = []

    def strike(fit: Fit, _: Progress) -> None:
        if not struck:
            struck.append(fit)
            os.kill(only_worker(), blow)

    executor = ProcessExecutor(engine, digits, 1, silence=3)
    tasks = [endless(first), *map(Task, rest)]
    outcomes = {task.fit.label: outcome for task, outcome in executor.run(tasks, strike)}
    assert outcomes.pop(first.label) == FitLost(reason)
    assert all(isinstance(outcome, FitOutcome) for outcome in outcomes.values())
    assert len(outcomes) == len(rest)
    assert active_children() == []


class Deadly:
    """What kills the process that unpickles it, as the kernel does where memory is short."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


def test_a_worker_that_dies_as_it_starts_is_lost(plan: SearchPlan, engine: Engine) -> None:
    images: Any = (Deadly(), bytes(10_000_000))  # more than a pipe holds
    ((_, lost),) = ProcessExecutor(engine, images, 1).run([Task(plan.all_fits[0])], lambda *_: None)
    assert lost == FitLost("its process ended with exit code 9")
    assert active_children() == []


def test_a_lost_fit_is_done_again(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    kills: set[int] = set()

    def kill(fit: Fit, _: Progress) -> None:
        if len(kills) < 3:
            kills.add(only_worker())
            os.kill(only_worker(), signal.SIGKILL)

    done: list[str] = []
    fit = replace(plan.all_fits[0], recipe=replace(plan.all_fits[0].recipe, max_epochs=3000))
    with Journal(tmp_path / "journal.db") as journal:
        do_tasks(
            [Task(fit)],
            journal,
            ProcessExecutor(engine, digits, 1),
            on_progress=kill,
            on_done=lambda fit, _: done.append(fit.key),
        )
        assert journal.find(fit) is not None
    assert done == [fit.key]
    assert len(kills) == 3


def test_a_fit_that_is_lost_again_and_again_ends_the_study_and_is_named(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    first, second = plan.all_fits[:2]

    def kill(fit: Fit, _: Progress) -> None:
        if fit.key != first.key:
            os.kill(only_worker(), signal.SIGKILL)

    doomed = endless(second)
    with Journal(tmp_path / "journal.db") as journal:
        with pytest.raises(WorkerError) as caught:
            do_tasks([Task(first), doomed], journal, ProcessExecutor(engine, digits, 1), on_progress=kill)
        assert journal.find(first) is not None
        assert journal.find(doomed.fit) is None
    assert str(caught.value) == (
        f"{second.label}: its worker was lost 4 times (the last time: its process ended with exit code -9);"
        " what was finished is kept: run the same command again, with fewer --workers if memory is short"
    )
    assert active_children() == []


NONSENSE = """
import os, sys
import gossamer.search.executors.processes as processes

def {name}(*_, **__):
    {body}

processes.run_task = {name}
"""
"""A sitecustomize that changes what a worker does; it is the only way into another process."""

ANSWERS: dict[str, tuple[str, type[Exception], str]] = {
    "something else": ("return 'a song'", WorkerError, "its answer is no outcome but str"),
    "an error of its own": ("raise RuntimeError('odd')", WorkerError, "RuntimeError: odd"),
    "what cannot be read": (
        "import gossamer.errors as e; e.Odd = type('Odd', (), {'__module__': 'gossamer.errors',"
        " '__qualname__': 'Odd'}); return e.Odd()",
        WorkerError,
        "its process sent what cannot be read (AttributeError)",
    ),
    "an exit": ("os._exit(7)", WorkerError, "its process ended with exit code 7"),
    "what no retry mends": (
        "from gossamer.errors import EngineError; raise EngineError('no such thing')",
        EngineError,
        "no such thing",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_nonsense_is_no_outcome(
    plan: SearchPlan,
    engine: Engine,
    digits: LabelledImages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    body, error, reason = ANSWERS[case]
    (tmp_path / "sitecustomize.py").write_text(NONSENSE.format(name="answer", body=body))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Journal(tmp_path / "journal.db") as journal:
        with pytest.raises(error) as caught:
            do_tasks([Task(plan.all_fits[0])], journal, ProcessExecutor(engine, digits, 1))
        assert journal.find(plan.all_fits[0]) is None
    assert reason in str(caught.value)
    assert active_children() == []


DRIVER = """
import sys
from multiprocessing import active_children
import numpy as np
from gossamer.data import LabelledImages, Split
from gossamer.engine import open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Fit, Task, open_executor
from gossamer.training import Recipe

if __name__ == "__main__":
    images = LabelledImages.from_arrays(np.zeros((4, 2, 2, 1), np.uint8), np.arange(4) % 2, ("a", "b"))
    split = Split(np.arange(2), np.arange(2, 4))
    engine, network = open_engine("torch", "cpu"), Architecture.parse("dense", (2, 2, 1), 2)
    fits = [
        Task(Fit.on(images, split, network, Scaling(), Recipe(str(seed), 0.1, 1, 10**6), engine, "long"))
        for seed in range(2)
    ]
    tell = lambda *_: print(*(child.pid for child in active_children()), flush=True)
    list(open_executor(engine, images, 2).run(fits, tell))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_workers_end_with_a_driver_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        workers = [int(pid) for pid in driver.stdout.readline().split()]
        driver.kill()
    assert len(workers) == 2
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its driver"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be counted does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
