"""Successive halving: few epochs for all, all epochs for few, and never an epoch twice."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.data import LabelledImages, folds
from gossamer.engine import Engine
from gossamer.network import Architecture, Scaling
from gossamer.search import (
    STRATEGIES,
    Cell,
    Fit,
    Journal,
    Progress,
    RungWork,
    SearchPlan,
    finalists,
    open_executor,
    plan_search,
    run_search,
    rungs,
    select,
)
from gossamer.search import grid as grid_of
from gossamer.search.rungs import Rung

EPOCHS = 6


def test_the_rungs_of_the_report_s_grid() -> None:
    assert STRATEGIES["halving"].rungs(12, 10) == [(12, 2), (4, 4), (2, 10)]


@given(epochs=st.integers(1, 10_000), settings=st.integers(1, 10_000))
def test_rungs_begin_with_all_end_with_all_epochs_and_narrow(epochs: int, settings: int) -> None:
    found = STRATEGIES["halving"].rungs(settings, epochs)
    assert found[0][0] == settings
    assert found[-1][1] == epochs
    for (settings_before, epochs_before), (settings_after, epochs_after) in pairwise(found):
        assert 1 <= epochs_before < epochs_after
        assert settings_before > settings_after >= 2


def plan_of(
    digits: LabelledImages,
    engine: Engine,
    strategy: str,
    *,
    epochs: Sequence[int] = (EPOCHS,),
    words: str = "conv2 pool dense",
) -> SearchPlan:
    """Two rates and two batch sizes on two folds."""
    repeats = [folds(digits, count=2, stratified=True, repeat=0, seed="0")]
    network = Architecture.parse(words, digits.shape, 10)
    settings = grid_of([network], {"learning_rate": [0.05, 0.01], "batch_size": [16, 64], "epochs": epochs})
    return plan_search(digits, repeats, settings, engine, Scaling(), strategy=strategy, seed="0")


@pytest.fixture(scope="module")
def plans(digits: LabelledImages, engine: Engine) -> dict[str, SearchPlan]:
    """The same search by each strategy."""
    return {strategy: plan_of(digits, engine, strategy) for strategy in STRATEGIES}


Epochs = list[tuple[str, int]]


def search(plan: SearchPlan, path: Path, engine: Engine, digits: LabelledImages) -> tuple[list[Cell], Epochs]:
    """Its cells, and every epoch that was trained for them."""
    trained: Epochs = []
    with Journal(path) as journal:
        cells = run_search(
            plan,
            journal,
            open_executor(engine, digits, 1),
            on_progress=lambda fit, progress: trained.append((fit.key, progress.epochs)),
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


def test_a_fit_that_goes_on_keeps_the_statistics_of_norms(
    engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    halving, grid = (
        search(
            plan_of(digits, engine, strategy, words="bn conv2 pool dense"),
            tmp_path / strategy,
            engine,
            digits,
        )[0]
        for strategy in ("halving", "grid")
    )
    for cell, whole in zip(halving, grid, strict=True):
        assert repr(cell.histories) == repr(tuple(history[: cell.epochs] for history in whole.histories))


def test_a_halving_is_the_grid_cut_short(
    plans: dict[str, SearchPlan], grid: list[Cell], engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    plan = plans["halving"]
    cells, trained = search(plan, tmp_path / "journal.db", engine, digits)
    assert rungs(cells) == [Rung(4, 2), Rung(2, 6)]
    assert rungs(grid) == [Rung(4, 6)]
    assert sorted(cell.epochs for cell in cells) == [2, 2, 6, 6]
    for cell, whole in zip(cells, grid, strict=True):
        assert cell.setting == whole.setting
        assert repr(cell.histories) == repr(tuple(history[: cell.epochs] for history in whole.histories))
    assert len(trained) == len(set(trained)) == 2 * (4 * 2 + 2 * 4)  # no epoch twice
    early = sorted(grid, key=lambda cell: sum(history[1].val_loss for history in cell.histories))
    best = {cell.setting for cell in early[:2]}
    assert {cell.setting for cell in finalists(cells)} == best
    assert select(cells, "loss").setting in best


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

    def halt(fit: Fit, progress: Progress) -> None:
        trained.append((fit.key, progress.epochs))
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
    assert [[*work.until.values()] for work in asked] == [[2] * 4, [6] * 2] * 2
    assert [(work.number, work.fits, work.found, work.epochs) for work in asked] == [
        (1, 8, 0, 16),
        (2, 4, 0, 16),
        (1, 8, 8, 0),
        (2, 4, 4, 0),
    ]
    assert not any(work.is_whole_search for work in asked)


def test_a_grid_trains_every_setting_to_its_own_epochs(
    engine: Engine, digits: LabelledImages, tmp_path: Path
) -> None:
    asked: list[RungWork] = []
    with Journal(tmp_path / "journal.db") as journal:
        cells = run_search(
            plan_of(digits, engine, "grid", epochs=(1, 2)),
            journal,
            open_executor(engine, digits, 1),
            on_rung=asked.append,
        )
    assert [cell.epochs for cell in cells] == [1, 2] * 4
    assert [cell.setting["epochs"] for cell in cells] == [1, 2] * 4
    assert finalists(cells) == cells
    assert rungs(cells) == [Rung(8, 2)]
    (work,) = asked
    assert work.is_whole_search
    assert work.epochs == 2 * 4 * (1 + 2)
