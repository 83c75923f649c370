"""Which cell wins, by a rule that was fixed before the search: a metric, and how it picks the winner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from gossamer.errors import GossamerError
from gossamer.search.cells import Cell
from gossamer.search.metric import ACCURACY, BALANCED_ACCURACY, LOSS, MACRO_F1, Metric


@dataclass(frozen=True)
class Rule:
    """A rule of choice.

    Attributes:
        metric: what cells are compared by.
        pick: the winner among cells of which none diverged.
    """

    metric: Metric
    pick: Callable[[Sequence[Cell], Metric], Cell]


def ranked(cells: Sequence[Cell], metric: Metric) -> list[Cell]:
    """The best mean first; a tie goes to the larger batch, then the larger rate, then the smaller network.

    Cells of which a fold diverged come last.
    """

    def place(cell: Cell) -> tuple[float, int, float, int]:
        return (inf if cell.diverged else metric.mean(cell), *_speed(cell), _size(cell))

    return sorted(cells, key=place)


def lowest(cells: Sequence[Cell], metric: Metric) -> Cell:
    """The first of the ranked."""
    return ranked(cells, metric)[0]


def plainest(cells: Sequence[Cell], metric: Metric) -> Cell:
    """The plainest of the cells within one standard error of the best mean (Breiman et al. 1984).

    The plainest is the smallest network, then the larger batch, then the larger rate. The standard error is
    the best cell's; what it is worth, `Metric.standard_error` says.
    """
    best = lowest(cells, metric)
    within = metric.mean(best) + metric.standard_error(best)
    near = [cell for cell in cells if metric.mean(cell) <= within]
    return min(near, key=lambda cell: (_size(cell), *_speed(cell), metric.mean(cell)))


RULES: dict[str, Rule] = {
    "loss": Rule(LOSS, lowest),
    "accuracy": Rule(ACCURACY, lowest),
    "balanced-accuracy": Rule(BALANCED_ACCURACY, lowest),
    "macro-f1": Rule(MACRO_F1, lowest),
    "one-se": Rule(LOSS, plainest),
}
"""The rules by the names that a study file gives them."""


def finalists(cells: Sequence[Cell]) -> list[Cell]:
    """The cells whose settings were trained to their end: all of a grid's, the last rung's of a halving."""
    return [cell for cell in cells if cell.epochs == cell.setting["epochs"]]


def select(cells: Sequence[Cell], rule: str) -> Cell:
    """The winner among the finalists by the rule of that name; a cell of which a fold diverged cannot win.

    Raises:
        GossamerError: every cell diverged.
    """
    sound = [cell for cell in finalists(cells) if not cell.diverged]
    if not sound:
        raise GossamerError("every setting diverged (its loss is no number); try lower learning rates")
    return RULES[rule].pick(sound, RULES[rule].metric)


def _speed(cell: Cell) -> tuple[int, float]:
    return -cell.setting["batch_size"], -cell.setting["learning_rate"]


def _size(cell: Cell) -> int:
    return cell.setting.network.parameters
