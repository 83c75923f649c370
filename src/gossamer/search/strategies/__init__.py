"""How a search spends its epochs, behind one small interface."""

from gossamer.search.strategies.base import Strategy
from gossamer.search.strategies.grid import Grid
from gossamer.search.strategies.halving import Halving

STRATEGIES: dict[str, Strategy] = {"grid": Grid(), "halving": Halving()}
"""The strategies by the names that a study file gives them."""

__all__ = ["STRATEGIES", "Strategy"]
