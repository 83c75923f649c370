"""The native engine's fits in threads: the outcomes of one after another, and no thread left behind."""

import threading
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine, open_engine
from gossamer.errors import EngineError
from gossamer.network import Scaling
from gossamer.search import Fit, FitOutcome, SearchPlan, Setting, Task, open_executor, plan_search


@pytest.fixture(scope="module")
def native() -> Engine:
    return open_engine("native")


@pytest.fixture(scope="module")
def native_plan(digits: LabelledImages, settings: list[Setting], native: Engine) -> SearchPlan:
    """Four settings on two folds, thirty epochs each."""
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    longer = [replace(setting, training={**setting.training, "epochs": 30}) for setting in settings]
    return plan_search(digits, repeats, longer, native, Scaling(), seed="0")


def outcomes(engine: Engine, images: LabelledImages, fits: list[Fit], workers: int) -> dict[str, FitOutcome]:
    arriving = open_executor(engine, images, workers).run([Task(fit) for fit in fits], lambda *_: None)
    return {task.fit.key: outcome for task, outcome in arriving if isinstance(outcome, FitOutcome)}


def workers_alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gossamer-fit")]


@pytest.mark.parametrize("workers", [2, 3, 16])
def test_threads_find_what_one_after_another_finds(
    native: Engine, digits: LabelledImages, native_plan: SearchPlan, workers: int
) -> None:
    straight = outcomes(native, digits, native_plan.all_fits, 1)
    threaded = outcomes(native, digits, native_plan.all_fits, workers)
    assert straight.keys() == threaded.keys() == {fit.key for fit in native_plan.all_fits}
    for key, outcome in straight.items():
        assert outcome.fitted.history == threaded[key].fitted.history
        for name, array in outcome.fitted.weights.items():
            np.testing.assert_array_equal(array, threaded[key].fitted.weights[name])
    assert workers_alive() == []


def test_every_fit_tells_every_epoch(native: Engine, digits: LabelledImages, native_plan: SearchPlan) -> None:
    told: list[tuple[str, int]] = []
    executor = open_executor(native, digits, 2)
    tasks = [Task(fit) for fit in native_plan.all_fits]
    list(executor.run(tasks, lambda fit, progress: told.append((fit.key, progress.epochs))))
    expected = [(fit.key, epochs) for fit in native_plan.all_fits for epochs in range(1, 31)]
    assert sorted(told) == sorted(expected)


@pytest.mark.parametrize(("workers", "fits", "threads"), [(5, 2, 2), (2, 1, 2), (2, 4, 1)])
def test_fewer_fits_share_the_threads_of_all_workers(
    native: Engine,
    digits: LabelledImages,
    native_plan: SearchPlan,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
    fits: int,
    threads: int,
) -> None:
    given: list[int] = []
    trainer = native.trainer

    def noted(*arguments: Any, **options: Any) -> Any:
        given.append(options["threads"])
        return trainer(*arguments, **options)

    monkeypatch.setattr(native, "trainer", noted)
    outcomes(native, digits, native_plan.all_fits[:fits], workers)
    assert given == [threads] * fits


def test_closing_early_leaves_no_thread(
    native: Engine, digits: LabelledImages, native_plan: SearchPlan
) -> None:
    tasks = [Task(fit) for fit in native_plan.all_fits]
    with closing(open_executor(native, digits, 2).run(tasks, lambda *_: None)) as arriving:
        next(arriving)
    assert workers_alive() == []


def test_a_fit_that_fails_is_told_and_ends_the_rest(
    native: Engine, digits: LabelledImages, native_plan: SearchPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EngineError("no such thing")

    monkeypatch.setattr(type(native), "trainer", fail)
    with pytest.raises(EngineError, match="no such thing"):
        outcomes(native, digits, native_plan.all_fits, 2)
    assert workers_alive() == []
