"""The rungs that a search went through, from its cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.search.cells import Cell
from gossamer.search.selection import finalists


@dataclass(frozen=True)
class Rung:
    """So many settings were trained up to so many epochs."""

    settings: int
    epochs: int


def rungs(cells: Sequence[Cell]) -> list[Rung]:
    """The rungs in their order; one where every setting was trained to its end."""
    reached = {cell.epochs for cell in cells}
    if len(finalists(cells)) == len(cells):
        return [Rung(len(cells), max(reached))]
    return [Rung(sum(cell.epochs >= epochs for cell in cells), epochs) for epochs in sorted(reached)]
