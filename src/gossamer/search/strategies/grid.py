"""The grid: every setting is trained to its end."""

from collections.abc import Mapping, Sequence

from gossamer.search.cells import Cell
from gossamer.search.setting import Setting
from gossamer.search.strategies.base import Strategy


class Grid(Strategy):
    """One rung of all settings."""

    def next_rung(self, settings: Sequence[Setting], ranked: Sequence[Cell]) -> Mapping[Setting, int]:
        """All settings, once."""
        return {} if ranked else {setting: setting["epochs"] for setting in settings}

    def rungs(self, settings: int, epochs: int) -> list[tuple[int, int]]:
        """One."""
        return [(settings, epochs)]
