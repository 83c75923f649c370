"""What a strategy is: it says which settings are trained next, and how far."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from gossamer.search.cells import Cell
from gossamer.search.setting import Setting


class Strategy(ABC):
    """How a search spends its epochs. It keeps no state, so that a search can be resumed."""

    @abstractmethod
    def next_rung(self, settings: Sequence[Setting], ranked: Sequence[Cell]) -> Mapping[Setting, int]:
        """The settings to train next, and up to which epoch; empty when the search is over.

        `run_search` calls it before every rung.

        Args:
            settings: all settings of the search.
            ranked: the cells so far, the best first, each at the epoch that its setting has reached.
        """

    @abstractmethod
    def rungs(self, settings: int, epochs: int) -> list[tuple[int, int]]:
        """How many of so many settings every rung trains, and up to which of their epochs."""
