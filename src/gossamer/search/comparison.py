"""Whom the winner can be told from: every other sound cell against it, on the folds that all cells share."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from gossamer.data import Split
from gossamer.search.cells import Cell
from gossamer.search.metric import Metric
from gossamer.search.setting import Setting
from gossamer.stats.holm import holm
from gossamer.stats.resampled_t_test import Difference, corrected_t_test

LEVEL = 0.05
"""An adjusted p-value below it tells a cell from the winner."""


@dataclass(frozen=True)
class Comparison:
    """A cell against the winner.

    Attributes:
        setting: the cell's setting.
        difference: its metric against the winner's, fold by fold; positive where it is worse.
        p_holm: the difference's p-value, adjusted for all comparisons with the winner; the interval is not.
    """

    setting: Setting
    difference: Difference
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the folds tell it from the winner. That they do not is no proof that the two are equal."""
        return self.p_holm < LEVEL


def compare(cells: Sequence[Cell], winner: Cell, metric: Metric, splits: Sequence[Split]) -> list[Comparison]:
    """Every cell but the winner and those that diverged against the winner, in the order given.

    The adjusted p-values take the winner for named beforehand. It was picked by the same figures, which
    stretches the differences: of cells that are all alike, some is told apart more often than LEVEL says
    (in a simulation of 12 on 5 folds, in an eighth of the searches).

    Args:
        cells: the search's.
        winner: one of them.
        metric: of the rule that chose.
        splits: the folds, of every repeat; the test needs their sizes.
    """
    others = [cell for cell in cells if cell is not winner and not cell.diverged]
    validation_ratio = fmean(len(split.validation) / len(split.train) for split in splits)

    def difference(cell: Cell) -> Difference:
        pairs = zip(metric.of_folds(cell), metric.of_folds(winner), strict=True)
        return corrected_t_test([theirs - ours for theirs, ours in pairs], validation_ratio)

    differences = [difference(cell) for cell in others]
    adjusted = holm([each.p for each in differences])
    return [
        Comparison(cell.setting, found, p_holm)
        for cell, found, p_holm in zip(others, differences, adjusted, strict=True)
    ]


def not_significant(comparisons: Sequence[Comparison]) -> list[Setting]:
    """The settings that cannot be told from the winner's, which is not among them."""
    return [each.setting for each in comparisons if not each.significant]
