"""Table 2: a row for every setting, ours and the report's figures side by side, and how close the race was."""

from dataclasses import dataclass

from gossamer.report.records import Cell, Results


@dataclass(frozen=True)
class Reading:
    """A figure of a setting: ours, the report's, and how strongly to shade each (1 the best of its column)."""

    mean: float | None
    spread: float | None
    best_epoch: float | None
    published: float | None
    heat: float
    published_heat: float

    @property
    def difference(self) -> float | None:
        """Ours less the report's."""
        return None if self.mean is None or self.published is None else self.mean - self.published


@dataclass(frozen=True)
class Row:
    """A setting."""

    cell: Cell
    loss: Reading
    accuracy: Reading
    chosen: bool


@dataclass(frozen=True)
class Table2:
    """The table; a column that would say nothing is left out."""

    rows: tuple[Row, ...]
    several_networks: bool
    has_published: bool
    fits_per_cell: int


def table2(results: Results) -> Table2:
    """The rows in the order of the grid."""
    cells = results.search.cells
    published = [cell.published for cell in cells]
    loss = _heat([cell.mean_val_loss for cell in cells], lower_is_better=True)
    accuracy = _heat([cell.mean_val_accuracy for cell in cells])
    published_loss = _heat([each and each.val_loss for each in published], lower_is_better=True)
    published_accuracy = _heat([each and each.val_accuracy for each in published])
    rows = [
        Row(
            cell,
            Reading(
                cell.mean_val_loss,
                cell.std_val_loss,
                cell.mean_best_val_loss,
                _loss(cell.published),
                loss[i],
                published_loss[i],
            ),
            Reading(
                cell.mean_val_accuracy,
                cell.std_val_accuracy,
                cell.mean_best_val_accuracy,
                _accuracy(cell.published),
                accuracy[i],
                published_accuracy[i],
            ),
            results.is_chosen(cell),
        )
        for i, cell in enumerate(cells)
    ]
    return Table2(
        tuple(rows),
        several_networks=len({cell.layers for cell in cells}) > 1,
        has_published=any(each is not None for each in published),
        fits_per_cell=results.search.folds * results.search.repeats,
    )
