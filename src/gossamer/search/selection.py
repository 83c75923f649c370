"""The setting that wins, by a rule that is fixed before the search: a metric, and how it picks the winner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from gossamer.errors import GossamerError
from gossamer.search.cells import Cell
from gossamer.search.metric import ACCURACY, BALANCED_ACCURACY, LOSS, MACRO_F1, Metric


@dataclass(frozen=True)
class Rule:
    """A rule of selection.

    Attributes:
        metric: what cells are compared by.
        pick: the winner among cells that the metric compares.
    """

    metric: Metric
    pick: Callable[[Sequence[Cell], Metric], Cell]


def ranked(cells: Sequence[Cell], metric: Metric) -> list[Cell]:
    """The cells by their means, the best first; those that the metric cannot compare come last.

    A tie goes to the larger batch, then the larger learning rate, then the smaller network.
    """

    def place(cell: Cell) -> tuple[float, int, float, int]:
        return (metric.mean(cell) if metric.compares(cell) else inf, *_speed(cell), _size(cell))

    return sorted(cells, key=place)


def best(cells: Sequence[Cell], metric: Metric) -> Cell:
    """The first of the ranked cells."""
    return ranked(cells, metric)[0]


def plainest(cells: Sequence[Cell], metric: Metric) -> Cell:
    """The plainest of the cells within one standard error of the best mean (Breiman et al. 1984).

    The plainest has the smallest network, then the larger batch, then the larger learning rate. The standard
    error is the best cell's; `Metric.standard_error` says what it is worth.
    """
    first = best(cells, metric)
    within = metric.mean(first) + metric.standard_error(first)
    near = [cell for cell in cells if metric.mean(cell) <= within]
    return min(near, key=lambda cell: (_size(cell), *_speed(cell), metric.mean(cell)))


RULES: dict[str, Rule] = {
    "loss": Rule(LOSS, best),
    "accuracy": Rule(ACCURACY, best),
    "balanced-accuracy": Rule(BALANCED_ACCURACY, best),
    "macro-f1": Rule(MACRO_F1, best),
    "one-se": Rule(LOSS, plainest),
}
"""The rules by the names that a study file gives them."""


def finalists(cells: Sequence[Cell]) -> list[Cell]:
    """The cells whose settings were trained to their end: all of a grid's, the last rung's of a halving."""
    return [cell for cell in cells if cell.epochs == cell.setting["epochs"]]


def select(cells: Sequence[Cell], rule: str) -> Cell:
    """The winner among the finalists by the rule of that name; a cell of which a fold diverged cannot win.

    Raises:
        GossamerError: no cell can win.
    """
    metric, pick = RULES[rule].metric, RULES[rule].pick
    sound = [cell for cell in finalists(cells) if not cell.diverged]
    if not sound:
        raise GossamerError("every setting diverged (its loss is NaN); try lower learning rates")
    comparable = [cell for cell in sound if metric.compares(cell)]
    if not comparable:
        raise GossamerError(f"every setting has a fit without {metric.name}; try another rule or --out")
    return pick(comparable, metric)


def _speed(cell: Cell) -> tuple[int, float]:
    return -cell.setting["batch_size"], -cell.setting["learning_rate"]


def _size(cell: Cell) -> int:
    return cell.setting.network.parameters
