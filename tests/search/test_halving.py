"""Successive halving: few epochs for all, all epochs for few, and never an epoch twice."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search import (
    STRATEGIES,
    Cell,
    Fit,
    Journal,
    RungWork,
    SearchPlan,
    Setting,
    open_executor,
    plan_search,
    run_search,
    select,
)
from gossamer.search.rungs import Rung

EPOCHS = 6


def test_the_rungs_of_the_report_s_grid() -> None:
    assert STRATEGIES["halving"](10, 12) == [Rung(12, 2), Rung(4, 4), Rung(2, 10)]
    assert STRATEGIES["grid"](10, 12) == [Rung(12, 10)]


@given(epochs=st.integers(1, 10_000), settings=st.integers(1, 10_000))
def test_rungs_begin_with_all_end_with_all_epochs_and_narrow(epochs: int, settings: int) -> None:
    rungs = STRATEGIES["halving"](epochs, settings)
    assert rungs[0].settings == settings
    assert rungs[-1].epochs == epochs
    for before, after in pairwise(rungs):
        assert 1 <= before.epochs < after.epochs
        assert before.settings > after.settings >= 2


@pytest.fixture(scope="module")
def plans(digits: LabelledImages, settings: list[Setting], engine: Engine) -> dict[str, SearchPlan]:
    """The same search by each strategy."""
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    return {
        strategy: plan_search(
            digits, repeats, settings, engine, Scaling(), epochs=EPOCHS, strategy=strategy, seed="0"
        )
        for strategy in STRATEGIES
    }


Epochs = list[tuple[str, int]]


def search(plan: SearchPlan, path: Path, engine: Engine, digits: LabelledImages) -> tuple[list[Cell], Epochs]:
    """Its cells, and every epoch that was trained for them."""
    trained: Epochs = []
    with Journal(path) as journal:
        cells = run_search(
            plan,
            journal,
            open_executor(engine, digits, 1),
            on_progress=lambda fit, epochs: trained.append((fit.key, epochs)),
        )
    return cells, trained


def bits(cells: list[Cell]) -> list[str]:
    return [repr((cell.setting, cell.histories)) for cell in cells]


@pytest.fixture(scope="module")
def grid(
    plans: dict[str, SearchPlan],
    engine: Engine,
    digits: LabelledImages,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Cell]:
    return search(plans["grid"], tmp_path_factory.mktemp("grid") / "journal.db", engine, digits)[0]


def test_a_halving_is_the_grid_cut_short(
    plans: dict[str, SearchPlan], grid: list[Cell], engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    plan = plans["halving"]
    assert plan.rungs == [Rung(4, 2), Rung(2, 6)]
    cells, trained = search(plan, tmp_path / "journal.db", engine, digits)
    assert sorted(cell.epochs for cell in cells) == [2, 2, 6, 6]
    for cell, whole in zip(cells, grid, strict=True):
        assert cell.setting is whole.setting
        assert repr(cell.histories) == repr(tuple(history[: cell.epochs] for history in whole.histories))
    assert len(trained) == len(set(trained)) == 2 * (4 * 2 + 2 * 4)  # no epoch twice
    early = sorted(grid, key=lambda cell: sum(history[1].val_loss for history in cell.histories))
    finalists = {id(cell.setting) for cell in early[:2]}
    assert {id(cell.setting) for cell in cells if cell.epochs == EPOCHS} == finalists
    assert id(select(cells, "loss").setting) in finalists


def test_what_the_journal_holds_of_another_strategy_is_used_and_changes_nothing(
    plans: dict[str, SearchPlan], engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    alone, _ = search(plans["halving"], tmp_path / "alone.db", engine, digits)
    search(plans["grid"], tmp_path / "journal.db", engine, digits)
    after_grid, trained = search(plans["halving"], tmp_path / "journal.db", engine, digits)
    assert trained == []
    assert bits(after_grid) == bits(alone)
    whole, trained = search(plans["grid"], tmp_path / "alone.db", engine, digits)
    assert len(trained) == 2 * 2 * 4  # the losers' last four epochs on two folds
    assert {cell.epochs for cell in whole} == {EPOCHS}


@pytest.mark.parametrize("after", [1, 3, 8, 11, 20])
def test_halted_it_goes_on_where_it_stood(
    plans: dict[str, SearchPlan], engine: Engine, digits: LabelledImages, tmp_path: Path, after: int
) -> None:
    alone, straight = search(plans["halving"], tmp_path / "alone.db", engine, digits)
    trained: Epochs = []

    def halt(fit: Fit, epochs: int) -> None:
        trained.append((fit.key, epochs))
        if len(trained) == after:
            raise InterruptedError

    with Journal(tmp_path / "journal.db") as journal, pytest.raises(InterruptedError):
        run_search(plans["halving"], journal, open_executor(engine, digits, 1), on_progress=halt)
    cells, rest = search(plans["halving"], tmp_path / "journal.db", engine, digits)
    assert bits(cells) == bits(alone)
    assert {*trained, *rest} == set(straight)
    assert len(trained) + len(rest) - len(straight) < EPOCHS  # redone is what one fit had in flight


def test_a_rung_says_what_it_asks_for(
    plans: dict[str, SearchPlan], engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    asked: list[RungWork] = []
    for _ in range(2):
        with Journal(tmp_path / "journal.db") as journal:
            run_search(plans["halving"], journal, open_executor(engine, digits, 1), on_rung=asked.append)
    assert asked == [
        RungWork(Rung(4, 2), 1, 2, fits=8, found=0, epochs=16),
        RungWork(Rung(2, 6), 2, 2, fits=4, found=0, epochs=16),
        RungWork(Rung(4, 2), 1, 2, fits=8, found=8, epochs=0),
        RungWork(Rung(2, 6), 2, 2, fits=4, found=4, epochs=0),
    ]
