"""Ray: the same bits from any node, and whatever befalls one costs its fits a retry."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine, open_engine
from gossamer.errors import EngineError, SettingError, WorkerError
from gossamer.network import Scaling
from gossamer.search import (
    Executor,
    Fit,
    FitLost,
    FitOutcome,
    FitPaused,
    Journal,
    Progress,
    SearchPlan,
    Setting,
    Task,
    do_tasks,
    open_executor,
    plan_search,
)
from gossamer.training import Fitted

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ray's clusters are POSIX's")

Bits = tuple[str, dict[str, bytes]]


def bits(fitted: Fitted) -> Bits:
    return repr(fitted.history), {name: array.tobytes() for name, array in fitted.weights.items()}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("native")


@pytest.fixture(scope="module")
def plan(digits: LabelledImages, settings: list[Setting], engine: Engine) -> SearchPlan:
    repeats = [folds(digits, count=3, stratified=True, repeat=0, seed="0")]
    return plan_search(digits, repeats, settings, engine, Scaling(), seed="0")


@pytest.fixture(scope="module")
def executor(ray_head: Any, engine: Engine, digits: LabelledImages) -> Iterator[Executor]:
    """One that has joined the cluster; others that are opened while it lives share its workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", ray_head.address)
        executor = open_executor(engine, digits, None, "ray")
    with closing(executor):
        yield executor


def straight(engine: Engine, images: LabelledImages, fits: list[Fit]) -> dict[str, Bits]:
    """The bits of every fit, made by threads."""
    found = {}
    for task, outcome in open_executor(engine, images, 2).run([Task(fit) for fit in fits], lambda *_: None):
        assert isinstance(outcome, FitOutcome)
        found[task.fit.key] = bits(outcome.fitted)
    return found


def lasting(fit: Fit, epochs: int = 10_000_000) -> Fit:
    return replace(fit, recipe=replace(fit.recipe, max_epochs=epochs))


def test_it_gives_the_same_bits(
    executor: Executor, plan: SearchPlan, engine: Engine, digits: LabelledImages
) -> None:
    assert executor.workers == 2
    found = {}
    for task, outcome in executor.run([Task(fit) for fit in plan.all_fits], lambda *_: None):
        assert isinstance(outcome, FitOutcome)
        assert all(array.flags.owndata for array in outcome.fitted.weights.values())
        found[task.fit.key] = bits(outcome.fitted)
    assert found == straight(engine, digits, plan.all_fits)


def test_a_fit_that_was_paused_goes_on(
    executor: Executor, plan: SearchPlan, engine: Engine, digits: LabelledImages
) -> None:
    fit = plan.all_fits[0]
    ((_, paused),) = executor.run([Task(fit, pause_after=2)], lambda *_: None)
    assert isinstance(paused, FitPaused)
    ((_, outcome),) = executor.run([Task(fit, paused.checkpoint)], lambda *_: None)
    assert isinstance(outcome, FitOutcome)
    assert bits(outcome.fitted) == straight(engine, digits, [fit])[fit.key]


def test_progress_is_told_and_closing_early_frees_the_cluster(
    executor: Executor, plan: SearchPlan, tmp_path: Path
) -> None:
    told: list[int] = []

    def halt(_: Fit, progress: Progress) -> None:
        if progress.so_far is not None:
            told.append(progress.epochs)
            raise InterruptedError

    lasting_tasks = [Task(lasting(fit), checkpoint_seconds=0.1) for fit in plan.all_fits]
    with Journal(tmp_path / "journal.db") as journal:
        with pytest.raises(InterruptedError):
            do_tasks(lasting_tasks, journal, executor, on_progress=halt)
        assert told[0] > 0
        (begun,) = journal.standings()
        assert not begun.finished
        # there are CPUs again, if not at the first attempt
        do_tasks([Task(fit) for fit in plan.all_fits[:2]], journal, executor)


def test_what_no_retry_mends_is_raised_and_what_one_may_mend_is_lost(
    executor: Executor, plan: SearchPlan
) -> None:
    fit = plan.all_fits[0]
    with pytest.raises(EngineError, match=r"computes with 'native .*, the study with 'native 0'"):
        list(executor.run([Task(replace(fit, numerics="native 0"))], lambda *_: None))
    odd: Any = "odd"
    broken = replace(fit, recipe=replace(fit.recipe, batch_size=odd))
    for _ in range(3):  # a worker that another test's early closing is about to end may take the task
        ((_, lost),) = executor.run([Task(broken)], lambda *_: None)
        assert isinstance(lost, FitLost)
        if not lost.reason.startswith("WorkerCrashedError"):
            break
    assert isinstance(lost, FitLost)
    assert lost.reason.startswith("TypeError: ")


class Watched(Executor):
    """Another executor, whose losses are on record."""

    def __init__(self, executor: Executor) -> None:
        self.workers, self._executor, self.lost = executor.workers, executor, list[str]()

    def run(self, tasks: Any, on_progress: Any) -> Any:
        for task, outcome in self._executor.run(tasks, on_progress):
            if isinstance(outcome, FitLost):
                self.lost.append(outcome.reason)
            yield task, outcome


def working() -> list[int]:
    """The processes that do a task now."""
    found = subprocess.run(["pgrep", "-f", "^ray::do_task"], capture_output=True, text=True, check=False)
    return [int(process) for process in found.stdout.split()]


def occupy(node: Any, cpus: int) -> Callable[[], None]:
    """Take so many of a node's CPUs, so that no fit runs there until what is returned is called."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    class Occupant:
        def ready(self) -> None:
            pass

    there = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
    occupant = ray.remote(num_cpus=cpus, scheduling_strategy=there)(Occupant).remote()
    ray.get(occupant.ready.remote())
    return lambda: ray.kill(occupant)


def test_a_node_that_dies_costs_its_fits_a_retry(
    ray_head: Any,
    executor: Executor,
    plan: SearchPlan,
    engine: Engine,
    digits: LabelledImages,
    tmp_path: Path,
) -> None:
    fits = [lasting(fit, 700) for fit in plan.all_fits]
    node = ray_head.add_node(num_cpus=2)
    free_the_head = occupy(ray_head.head_node, 2)
    done: Counter[str] = Counter()

    def kill() -> None:
        """As soon as both first fits run: their first progress report may come after their end."""
        while len(working()) < 2:
            sleep(0.02)
        ray_head.remove_node(node, allow_graceful=False)
        free_the_head()

    def count(fit: Fit, _: FitOutcome | FitPaused) -> None:
        done[fit.key] += 1

    watched = Watched(open_executor(engine, digits, None, "ray"))
    assert watched.workers == 4
    with Journal(tmp_path / "journal.db") as journal, ThreadPoolExecutor(1) as killer:
        killed = killer.submit(kill)
        do_tasks([Task(fit) for fit in fits], journal, watched, on_done=count)
        killed.result()
        assert watched.lost
        assert done == Counter(fit.key for fit in fits)
        assert len(journal.seconds_of(fits)) == len(fits)
        found = {fit.key: journal.find(fit) for fit in fits}
    assert {key: bits(outcome.fitted) for key, outcome in found.items() if outcome} == straight(
        engine, digits, fits
    )


@pytest.mark.stress
def test_a_worker_that_falls_silent_is_replaced(
    executor: Executor, plan: SearchPlan, engine: Engine, digits: LabelledImages
) -> None:
    from gossamer.search.executors.ray import RayExecutor

    struck: list[int] = []

    def strike(fit: Fit, _: Progress) -> None:
        if not struck:
            struck.extend(working())
            for worker in struck:
                os.kill(worker, signal.SIGSTOP)

    first, second = plan.all_fits[:2]
    hasty = RayExecutor(engine, digits, 1, silence=6)
    outcomes = [outcome for _, outcome in hasty.run([Task(lasting(first)), Task(second)], strike)]
    assert outcomes[0] == FitLost("its worker was silent for 6 s")
    assert isinstance(outcomes[1], FitOutcome)


REFUSED: dict[str, tuple[dict[str, str], type[Exception], str]] = {
    "no token": (
        {"RAY_ADDRESS": "192.0.2.1:6379", "RAY_AUTH_MODE": ""},
        SettingError,
        "Ray without token authentication (RAY_AUTH_MODE=) lets anyone who reaches one of its ports run code",
    ),
    "no token, on this machine": (
        {"RAY_ADDRESS": "127.0.0.1:6379", "RAY_AUTH_MODE": "disabled"},
        SettingError,
        "Ray without token authentication (RAY_AUTH_MODE=disabled)",
    ),
    "no token, of its own": ({"RAY_AUTH_MODE": "disabled"}, SettingError, "Ray without token authentication"),
    "Ray Client": (
        {"RAY_ADDRESS": "ray://head:10001"},
        SettingError,
        "RAY_ADDRESS=ray://head:10001: Ray Client is not supported",
    ),
    "nobody there": (
        {"RAY_ADDRESS": "127.0.0.1:1", "RAY_AUTH_MODE": "token"},
        WorkerError,
        "cannot join the Ray cluster at RAY_ADDRESS=127.0.0.1:1: is it up, with this token,",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_cluster_that_may_not_be_used_is_refused(
    ray_head: Any, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    from gossamer.search.executors.ray_cluster import open_cluster

    environment, error, line = REFUSED[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(error) as caught:
        open_cluster(1)
    assert str(caught.value).startswith(line)


def test_a_cluster_that_asks_for_no_token_is_left(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gossamer.search.executors import ray_cluster

    left: list[bool] = []
    monkeypatch.setattr(ray_cluster, "close_cluster", lambda: left.append(True))
    ray_cluster.check_token()
    assert not left
    monkeypatch.setattr(ray_cluster, "token_is_asked_for", lambda: False)
    with pytest.raises(
        SettingError, match="the Ray cluster asks for no token: whoever reaches one of its ports"
    ):
        ray_cluster.check_token()
    assert left


def test_without_ray_the_line_says_how_to_install_it(
    engine: Engine, digits: LabelledImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gossamer.search.executors.find_spec", lambda _: None)
    with pytest.raises(SettingError) as caught:
        open_executor(engine, digits, 1, "ray")
    assert str(caught.value) == "--executor ray needs Ray; install it with: pip install 'gossamer[ray]'"
