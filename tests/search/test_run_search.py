"""A search: looked up or done, by any executor, to the same bits; and no process is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.errors import EngineError
from gossamer.search import Fit, FitOutcome, Journal, SearchPlan, open_executor, run_search
from gossamer.training import Fitted

Bits = tuple[str, dict[str, bytes]]


def bits(fitted: Fitted) -> Bits:
    return repr(fitted.history), {name: array.tobytes() for name, array in fitted.weights.items()}


@pytest.fixture(scope="module")
def straight(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> dict[str, Bits]:
    """Every fit's result, done one after another."""
    with closing(open_executor(engine, digits, 1).run(plan.all_fits, lambda *_: None)) as outcomes:
        return {fit.key: bits(outcome.fitted) for fit, outcome in outcomes}


def test_processes_give_the_same_bits_and_end(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits]
) -> None:
    progress: list[tuple[str, int]] = []
    executor = open_executor(engine, digits, 2)
    assert executor.workers == 2
    found = {
        fit.key: bits(outcome.fitted)
        for fit, outcome in executor.run(
            plan.all_fits, lambda fit, epochs: progress.append((fit.key, epochs))
        )
    }
    assert found == straight
    assert active_children() == []
    for fit in plan.all_fits:
        epochs = [done for key, done in progress if key == fit.key]
        assert epochs == [1, 2, 3][: len(epochs)]


def test_closing_early_ends_every_worker(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> None:
    long = [replace(fit, recipe=replace(fit.recipe, max_epochs=100_000)) for fit in plan.all_fits[1:]]
    outcomes = open_executor(engine, digits, 2).run([plan.all_fits[0], *long], lambda *_: None)
    with closing(outcomes):
        assert next(outcomes)[0] is plan.all_fits[0]
        workers = active_children()
        assert workers
    assert active_children() == []
    assert not any(worker.is_alive() for worker in workers)


def test_a_killed_worker_is_one_line_and_the_rest_end(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    long = [replace(fit, recipe=replace(fit.recipe, max_epochs=100_000)) for fit in plan.all_fits[1:2]]
    doomed = SearchPlan(plan.candidates[:1], [[plan.all_fits[0], *long]])

    def kill_one(*_: object) -> None:
        victim = active_children()[0].pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)

    with Journal(tmp_path / "journal.db") as journal:
        with pytest.raises(EngineError) as caught:
            run_search(doomed, journal, open_executor(engine, digits, 2), on_done=kill_one)
        assert journal.find(plan.all_fits[0]) is not None
    assert str(caught.value) == (
        "a worker process died (killed, or out of memory?); what was finished is kept:"
        " run the same command again, with fewer --workers if memory is short"
    )
    assert active_children() == []


DRIVER = """
import sys
from multiprocessing import active_children
import numpy as np
from gossamer.data import LabelledImages, Split
from gossamer.engine import open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Fit, open_executor
from gossamer.training import Recipe

if __name__ == "__main__":
    images = LabelledImages.from_arrays(np.zeros((4, 2, 2, 1), np.uint8), np.arange(4) % 2, ("a", "b"))
    split = Split(np.arange(2), np.arange(2, 4))
    engine, network = open_engine("torch", "cpu"), Architecture.parse("dense", (2, 2, 1), 2)
    fits = [
        Fit.on(images, split, network, Scaling(), Recipe(str(seed), 0.1, 1, 10**6), engine, "long")
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


def test_a_search_does_only_what_the_journal_lacks(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits], tmp_path: Path
) -> None:
    done: list[str] = []

    def remember(fit: Fit, _: FitOutcome) -> None:
        done.append(fit.key)

    def stop(limit: int) -> Callable[[Fit, FitOutcome], None]:
        def on_done(fit: Fit, outcome: FitOutcome) -> None:
            remember(fit, outcome)
            if len(done) == limit:
                raise InterruptedError

        return on_done

    executor = open_executor(engine, digits, 1)
    for limit in (3, 4, 7):
        with Journal(tmp_path / "journal.db") as journal, pytest.raises(InterruptedError):
            run_search(plan, journal, executor, on_done=stop(limit))
    with Journal(tmp_path / "journal.db") as journal:
        cells = run_search(plan, journal, executor, on_done=remember)
        assert sorted(done) == sorted(straight)
        again = run_search(plan, journal, executor, on_done=remember)
    assert len(done) == len(straight)
    for found in (cells, again):
        assert [cell.candidate for cell in found] == list(plan.candidates)
        assert [[bits(fitted) for fitted in cell.fits] for cell in found] == [
            [straight[fit.key] for fit in row] for row in plan.fits
        ]


def test_the_order_of_work_changes_nothing(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits]
) -> None:
    backwards = open_executor(engine, digits, 1).run(plan.all_fits[::-1], lambda *_: None)
    assert {fit.key: bits(outcome.fitted) for fit, outcome in backwards} == straight


def test_progress_counts_the_epochs(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> None:
    seen: list[tuple[str, int]] = []
    two = plan.all_fits[:2]
    list(open_executor(engine, digits, 1).run(two, lambda fit, epochs: seen.append((fit.key, epochs))))
    assert seen == [(fit.key, epochs) for fit in two for epochs in (1, 2, 3)]


def test_no_fits_start_no_worker(engine: Engine, digits: LabelledImages) -> None:
    assert list(open_executor(engine, digits, 2).run([], lambda *_: None)) == []
    assert active_children() == []
