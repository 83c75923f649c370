"""Which networks no other beats in parameters, multiply-adds and accuracy."""

from math import nan

import pytest

from gossamer.network import Architecture
from gossamer.search import Cell, grid, pareto
from gossamer.search.metric import ACCURACY, LOSS
from gossamer.training import Epoch

SMALL, MIDDLE, LARGE = "gap dense", "conv2 gap dense", "conv4 pool dense"


def cell(words: str, accuracy: float, loss: float = 0.5, rate: float = 0.1) -> Cell:
    network = Architecture.parse(words, (8, 8, 1), 10)
    (setting,) = grid([network], {"learning_rate": [rate], "batch_size": [32], "epochs": [1]})
    return Cell(setting, ((Epoch(1, 0, 0, loss, accuracy, accuracy, accuracy),),) * 2)


@pytest.mark.parametrize(
    ("accuracies", "dominated"),
    [
        ((0.5, 0.6, 0.7), [False, False, False]),
        ((0.5, 0.7, 0.6), [False, False, True]),
        ((0.7, 0.6, 0.5), [False, True, True]),
        ((0.5, 0.5, 0.6), [False, True, False]),
    ],
)
def test_a_network_is_dominated_by_one_that_costs_no_more_and_is_as_good(
    accuracies: tuple[float, float, float], dominated: list[bool]
) -> None:
    cells = [cell(words, each) for words, each in zip((SMALL, MIDDLE, LARGE), accuracies, strict=True)]
    rows = pareto(cells[::-1], LOSS)
    assert [row.cell.setting.network.words for row in rows] == [SMALL, MIDDLE, LARGE]
    assert [row.dominated for row in rows] == dominated


def test_a_network_stands_by_its_best_cell_and_a_diverged_one_does_not_count() -> None:
    cells = [cell(SMALL, 0.6, 0.2), cell(SMALL, 0.7, 0.3, rate=0.2), cell(LARGE, 0.9, nan)]
    for metric, best in ((LOSS, 0), (ACCURACY, 1)):
        assert [row.cell for row in pareto(cells, metric)] == [cells[best]]
