"""The tables of a search beside Table 2: its folds, what uneven classes ask for, comparisons, outer folds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from gossamer.numbers import count, figure, mean_and_spread, probability, signed
from gossamer.report.cell_curves import Onset
from gossamer.report.cost_figure import CostPoint, cost_figure
from gossamer.setting_words import heading, in_words, shown
from gossamer.study.recipe_words import RecipeRow, recipe
from gossamer.study.record import Cell, Fold, Gain, OuterFold, ParetoRow, Results, Setting
from gossamer.study.tables import networks_table, setting_columns
from gossamer.study.words import part
from gossamer.tables import Column, Table


@dataclass(frozen=True)
class Numbered:
    """A fold with its number, from 1, and the setting that it is of."""

    setting: Setting
    number: int
    fold: Fold | OuterFold


def tables(results: Results) -> dict[str, Table[Any]]:
    """The tables by name."""
    return {
        "folds": _folds(results),
        "uneven": _uneven(results),
        "networks": networks_table(results),
        "gains": _gains(results),
        "comparisons": _comparisons(results),
        "nested": _nested(results),
        "recipe": _recipe(results),
    }


def onsets_table(results: Results, onsets: Sequence[Onset]) -> Table[Onset]:
    """Where each setting's loss is lowest, and where it begins to overfit."""
    return Table(
        [
            *setting_columns(results.shown_names),
            Column("epochs", attrgetter("cell.epochs"), count),
            Column("best epoch", attrgetter("best_epoch"), _epoch_or("diverged")),
            Column("onset of overfitting", attrgetter("onset"), _epoch_or("none")),
        ],
        onsets,
    )


def _folds(results: Results) -> Table[Numbered]:
    columns = [
        *setting_columns(results.shown_names),
        Column[Numbered](part(results), attrgetter("number"), count),
        Column("loss", attrgetter("fold.val_loss"), figure),
        Column("accuracy", attrgetter("fold.val_accuracy"), figure),
        Column("best epoch", attrgetter("fold.best_epoch"), count),
        Column("its loss", attrgetter("fold.best_val_loss"), figure),
        Column("its accuracy", attrgetter("fold.best_val_accuracy"), figure),
    ]
    if results.uneven:
        columns.append(Column("balanced accuracy", attrgetter("fold.val_balanced_accuracy"), figure))
        columns.append(Column("macro-F1", attrgetter("fold.val_macro_f1"), figure))
    rows = [
        Numbered(cell.setting, number, fold)
        for cell in results.search.cells
        for number, fold in enumerate(cell.folds, 1)
    ]
    return Table(columns, rows)


def _uneven(results: Results) -> Table[Cell]:
    figures = {"balanced accuracy": "val_balanced_accuracy", "macro-F1": "val_macro_f1"}
    return Table(
        [
            *setting_columns(results.shown_names),
            *(
                Column[Cell](name, attrgetter(f"mean_{key}", f"std_{key}"), mean_and_spread)
                for name, key in figures.items()
            ),
        ],
        results.search.cells,
    )


def _gains(results: Results) -> Table[Gain]:
    return Table(
        [
            Column[Gain]("recipe", attrgetter("changed"), words=True, head=True),
            Column("change of accuracy", attrgetter("accuracy"), signed),
            Column("networks", attrgetter("networks"), count),
        ],
        results.search.gains or (),
    )


def first_recipe(results: Results) -> str:
    """The recipe beside which gains are, in the values that vary."""
    names = [name for name in results.shown_names if name != "layers"]
    return in_words(results.search.cells[0].setting, names)


def costs_figure(results: Results) -> str:
    """The networks' accuracies against what they cost, numbered as in their table; empty without any."""
    rows = results.search.pareto or ()
    points = [
        CostPoint(str(number), _costs(row), row.mean_val_accuracy, row.std_val_accuracy)
        for number, row in enumerate(rows, 1)
    ]
    label = "Mean validation accuracy of every network against its costs"
    return cost_figure(points, label, "validation accuracy in %") if points else ""


def _costs(row: ParetoRow) -> dict[str, int]:
    ram = {} if row.activation_bytes is None else {"bytes of RAM in int8": row.activation_bytes}
    return {"parameters": row.parameters, "multiply-adds": row.multiply_adds, **ram}


def _comparisons(results: Results) -> Table[Any]:
    return Table(
        [
            *setting_columns(results.shown_names),
            Column("behind by", attrgetter("difference"), signed),
            Column(
                "95% interval",
                attrgetter("low", "high"),
                _interval,
            ),
            Column("p", attrgetter("p"), probability),
            Column("adjusted p", attrgetter("p_holm"), probability),
            Column(
                "significantly different",
                attrgetter("significant"),
                lambda yes: shown(yes) if yes else "≈ no",
                words=True,
            ),
        ],
        results.selection.comparisons or (),
    )


def _nested(results: Results) -> Table[Numbered]:
    folds = results.nested.folds if results.nested else ()
    return Table(
        [
            Column[Numbered]("outer fold", attrgetter("number"), count, head=True),
            *setting_columns(results.shown_names),
            Column("accuracy", attrgetter("fold.accuracy"), figure),
            Column("images", attrgetter("fold.n"), count),
        ],
        [Numbered(fold.setting, number, fold) for number, fold in enumerate(folds, 1)],
    )


def _recipe(results: Results) -> Table[RecipeRow]:
    return Table(
        [
            Column[RecipeRow]("name", attrgetter("name"), heading, head=True),
            Column("value", attrgetter("value"), shown),
            Column("means", attrgetter("meaning"), words=True),
        ],
        recipe(results.selection.setting),
    )


def _epoch_or(otherwise: str) -> Callable[[int | None], str]:
    return lambda epoch: count(epoch) if epoch else otherwise


def _interval(ends: tuple[float, float]) -> str:
    return f"{signed(ends[0])} to {signed(ends[1])}"
