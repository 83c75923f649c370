"""A search: looked up or done, by any executor, to the same bits; and no process is left behind."""

from collections.abc import Iterable, Sequence
from multiprocessing import active_children
from pathlib import Path

import pytest

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search import Fit, FitOutcome, FitPaused, Journal, SearchPlan, Task, open_executor, run_search
from gossamer.search.tasks import Outcome
from gossamer.search.work import OnDone
from gossamer.training import Fitted

Bits = tuple[str, dict[str, bytes]]


def bits(fitted: Fitted) -> Bits:
    return repr(fitted.history), {name: array.tobytes() for name, array in fitted.weights.items()}


def tasks(fits: Sequence[Fit]) -> list[Task]:
    return [Task(fit) for fit in fits]


def done(outcomes: Iterable[tuple[Task, Outcome]]) -> dict[str, Bits]:
    """The bits of every fit, all of which must have come to their end."""
    found = {}
    for task, outcome in outcomes:
        assert isinstance(outcome, FitOutcome)
        found[task.fit.key] = bits(outcome.fitted)
    return found


@pytest.fixture(scope="module")
def straight(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> dict[str, Bits]:
    """Every fit's result, done one after another."""
    return done(open_executor(engine, digits, 1).run(tasks(plan.all_fits), lambda *_: None))


def test_processes_give_the_same_bits_and_end(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits]
) -> None:
    told: list[tuple[str, int]] = []
    executor = open_executor(engine, digits, 2)
    assert executor.workers == 2
    outcomes = executor.run(
        tasks(plan.all_fits), lambda fit, progress: told.append((fit.key, progress.epochs))
    )
    assert done(outcomes) == straight
    assert active_children() == []
    for fit in plan.all_fits:
        epochs = [done for key, done in told if key == fit.key]
        assert epochs == [1, 2, 3][: len(epochs)]


def test_a_search_does_only_what_the_journal_lacks(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits], tmp_path: Path
) -> None:
    done: list[str] = []

    def remember(fit: Fit, _: FitOutcome | FitPaused) -> None:
        done.append(fit.key)

    def stop(limit: int) -> OnDone:
        def on_done(fit: Fit, outcome: FitOutcome | FitPaused) -> None:
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
        assert [cell.setting for cell in found] == list(plan.settings)
        assert [[repr(history) for history in cell.histories] for cell in found] == [
            [straight[fit.key][0] for fit in row] for row in plan.fits
        ]


def test_the_order_of_work_changes_nothing(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, straight: dict[str, Bits]
) -> None:
    assert done(open_executor(engine, digits, 1).run(tasks(plan.all_fits)[::-1], lambda *_: None)) == straight


def test_progress_counts_the_epochs(plan: SearchPlan, engine: Engine, digits: LabelledImages) -> None:
    seen: list[tuple[str, int]] = []
    two = plan.all_fits[:2]
    list(
        open_executor(engine, digits, 1).run(
            tasks(two), lambda fit, progress: seen.append((fit.key, progress.epochs))
        )
    )
    assert seen == [(fit.key, epochs) for fit in two for epochs in (1, 2, 3)]


def test_no_fits_start_no_worker(engine: Engine, digits: LabelledImages) -> None:
    assert list(open_executor(engine, digits, 2).run([], lambda *_: None)) == []
    assert active_children() == []
