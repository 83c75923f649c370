"""Successive halving (Jamieson and Talwalkar 2016): few epochs for all settings, all epochs for few."""

from collections.abc import Mapping, Sequence
from math import ceil

from gossamer.search.cells import Cell
from gossamer.search.setting import Setting
from gossamer.search.strategies.base import Strategy

FACTOR = 3
"""From rung to rung the epochs grow by about this factor, and one setting in so many goes on."""

FINALISTS = 2
"""The fewest settings on the last rung: the selected one needs another to be compared with."""


class Halving(Strategy):
    """The best settings of every rung go on; all settings have the same `epochs`."""

    def next_rung(self, settings: Sequence[Setting], ranked: Sequence[Cell]) -> Mapping[Setting, int]:
        """The best settings of the rung before, and the epochs of the next."""
        reached = max((cell.epochs for cell in ranked), default=0)
        standing = [cell.setting for cell in ranked if cell.epochs == reached] or settings
        for count, epochs in self.rungs(len(settings), settings[0]["epochs"]):
            if epochs > reached:
                return dict.fromkeys(standing[:count], epochs)
        return {}

    def rungs(self, settings: int, epochs: int) -> list[tuple[int, int]]:
        """As few epochs as settings are many, and all epochs on the last rung.

        12 settings of 10 epochs make 12 of 2, 4 of 4 and 2 of 10.
        """
        counts = [settings]
        while counts[-1] > FINALISTS and ceil(epochs / FACTOR ** (len(counts) - 1)) > 1:
            counts.append(max(FINALISTS, ceil(counts[-1] / FACTOR)))
        return [(count, ceil(epochs / FACTOR ** (len(counts) - i))) for i, count in enumerate(counts, 1)]
