"""Which cells differ significantly from the winner, on the folds that all cells share."""

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
"""A difference is significant if its adjusted p-value is below this level."""


@dataclass(frozen=True)
class Comparison:
    """A cell against the winner.

    Attributes:
        setting: the cell's setting.
        difference: its metric minus the winner's, over the folds; positive where it is worse.
        p_holm: the p-value of the difference, adjusted for all comparisons with the winner. The confidence
            interval is not adjusted.
    """

    setting: Setting
    difference: Difference
    p_holm: float

    @property
    def significant(self) -> bool:
        """Whether the difference is significant. If it is not, the two need not be equal."""
        return self.p_holm < LEVEL


def compare(cells: Sequence[Cell], winner: Cell, metric: Metric, splits: Sequence[Split]) -> list[Comparison]:
    """Compare every cell with the winner, but those that the metric cannot compare; in the order given.

    The p-values assume that the winner was named beforehand. It was selected by the same figures, which
    exaggerates the differences: if all cells are alike, one is significant more often than LEVEL says (in a
    simulation of 12 cells on 5 folds, in an eighth of the searches).

    Args:
        cells: the cells of the search.
        winner: one of them.
        metric: the metric of the rule that selected the winner.
        splits: the folds of every repeat; the test needs their sizes.
    """
    others = [cell for cell in cells if cell is not winner and metric.compares(cell)]
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
    """The settings that are not significantly different from the winner's, without the winner's."""
    return [each.setting for each in comparisons if not each.significant]
