"""What a smaller network costs: of every network its best cell, and which of them no other beats in all."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.search.cells import Cell
from gossamer.search.metric import Metric
from gossamer.search.selection import finalists, lowest


@dataclass(frozen=True, eq=False)
class ParetoRow:
    """A network by its best cell; `dominated` if another has no more of anything, and no less accuracy.

    The three figures are parameters, multiply-adds and mean validation accuracy. Spreads are not looked at:
    that a network is dominated does not say that the folds tell it from the other.
    """

    cell: Cell
    dominated: bool


def pareto(cells: Sequence[Cell], metric: Metric) -> list[ParetoRow]:
    """A row a network, the smallest first, that has a cell which was trained to the end and did not diverge.

    A network's best cell is the best by `metric`.
    """
    sound = [cell for cell in finalists(cells) if not cell.diverged]
    networks = dict.fromkeys(cell.setting.network for cell in sound)
    best = [lowest([c for c in sound if c.setting.network == network], metric) for network in networks]
    rows = [ParetoRow(cell, any(_dominates(other, cell) for other in best)) for cell in best]
    return sorted(rows, key=lambda row: _costs(row.cell))


def _dominates(one: Cell, other: Cell) -> bool:
    ours, theirs = _costs(one), _costs(other)
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def _costs(cell: Cell) -> tuple[float, float, float]:
    network = cell.setting.network
    return network.parameters, network.multiply_adds, -cell.mean_val_accuracy
