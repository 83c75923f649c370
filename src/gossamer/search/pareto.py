"""What a smaller network costs in accuracy: the best cell of every network, and which ones are dominated."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.search.cells import Cell
from gossamer.search.metric import Metric
from gossamer.search.selection import best, finalists


@dataclass(frozen=True, eq=False)
class ParetoRow:
    """A network with its best cell on the last rung that has all networks.

    It is `dominated` if another network has no more parameters, no more multiply-adds and no lower mean
    validation accuracy, and is not equal in all three. Spreads are not considered: the difference to the
    other network need not be significant.
    """

    cell: Cell
    dominated: bool


def pareto(cells: Sequence[Cell], metric: Metric) -> list[ParetoRow]:
    """One row per network, the smallest first. A network's best cell is the best by `metric`.

    A network all of whose cells diverged has no row.
    """
    sound = [cell for cell in _comparable(cells) if metric.compares(cell)]
    networks = dict.fromkeys(cell.setting.network for cell in sound)
    bests = [best([c for c in sound if c.setting.network == network], metric) for network in networks]
    rows = [ParetoRow(cell, any(_dominates(other, cell) for other in bests)) for cell in bests]
    return sorted(rows, key=lambda row: _costs(row.cell))


def _comparable(cells: Sequence[Cell]) -> Sequence[Cell]:
    """The cells of the last rung on which every network still has one; of a grid, all."""
    if len(finalists(cells)) == len(cells):
        return cells
    networks = {cell.setting.network for cell in cells}
    lengths = sorted({epochs for cell in cells for epochs in cell.rungs}, reverse=True)
    rungs = ([cell.rungs[epochs] for cell in cells if epochs in cell.rungs] for epochs in lengths)
    return next(rung for rung in rungs if {cell.setting.network for cell in rung} == networks)


def _dominates(one: Cell, other: Cell) -> bool:
    ours, theirs = _costs(one), _costs(other)
    return ours != theirs and all(a <= b for a, b in zip(ours, theirs, strict=True))


def _costs(cell: Cell) -> tuple[float, float, float]:
    network = cell.setting.network
    return network.parameters, network.multiply_adds, -cell.mean_val_accuracy
