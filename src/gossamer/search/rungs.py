"""How far each candidate is taken: all the way (the grid), or the farther the better it does (halving)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

FACTOR = 3
"""Of halving: from rung to rung the epochs grow about so much, and a candidate in so many goes on."""

FINALISTS = 2
"""The fewest that reach the last rung: a winner alone could be told from nobody."""


@dataclass(frozen=True)
class Rung:
    """So many candidates, the best of the rung before, are trained up to so many epochs."""

    candidates: int
    epochs: int


def grid_rungs(epochs: int, candidates: int) -> list[Rung]:
    """One rung: every candidate to the end."""
    return [Rung(candidates, epochs)]


def halving_rungs(epochs: int, candidates: int) -> list[Rung]:
    """Successive halving (Jamieson and Talwalkar 2016) by a third: few epochs for all, all epochs for few.

    The last rung always has all `epochs`; 12 candidates of 10 epochs make 12 of 2, 4 of 4 and 2 of 10.
    """
    rungs = [Rung(candidates, epochs)]
    while candidates > FINALISTS and rungs[0].epochs > 1:
        candidates = max(FINALISTS, ceil(candidates / FACTOR))
        rungs.append(Rung(candidates, epochs))
        rungs = [Rung(each.candidates, ceil(each.epochs / FACTOR)) for each in rungs[:-1]] + rungs[-1:]
    return rungs


STRATEGIES: dict[str, Callable[[int, int], list[Rung]]] = {"grid": grid_rungs, "halving": halving_rungs}
"""The strategies by the names that a study file gives them: epochs and candidates to rungs."""
