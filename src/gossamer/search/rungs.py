"""How far each setting is taken: all the way (the grid), or the farther the better it does (halving)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

FACTOR = 3
"""Of halving: from rung to rung the epochs grow about so much, and a setting in so many goes on."""

FINALISTS = 2
"""The fewest that reach the last rung: a winner alone could be told from nobody."""


@dataclass(frozen=True)
class Rung:
    """So many settings, the best of the rung before, are trained up to so many epochs."""

    settings: int
    epochs: int


def grid_rungs(epochs: int, settings: int) -> list[Rung]:
    """One rung: every setting to the end."""
    return [Rung(settings, epochs)]


def halving_rungs(epochs: int, settings: int) -> list[Rung]:
    """Successive halving (Jamieson and Talwalkar 2016) by a third: few epochs for all, all epochs for few.

    The last rung always has all `epochs`; 12 settings of 10 epochs make 12 of 2, 4 of 4 and 2 of 10.
    """
    rungs = [Rung(settings, epochs)]
    while settings > FINALISTS and rungs[0].epochs > 1:
        settings = max(FINALISTS, ceil(settings / FACTOR))
        rungs.append(Rung(settings, epochs))
        rungs = [Rung(each.settings, ceil(each.epochs / FACTOR)) for each in rungs[:-1]] + rungs[-1:]
    return rungs


STRATEGIES: dict[str, Callable[[int, int], list[Rung]]] = {"grid": grid_rungs, "halving": halving_rungs}
"""The strategies by the names that a study file gives them: epochs and settings to rungs."""
