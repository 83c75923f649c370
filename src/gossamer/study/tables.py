"""A study's record as tables: for spreadsheets and pandas, and those that terminal and page both show."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from gossamer.data import LabelledImages
from gossamer.evaluation import Answer
from gossamer.numbers import count, mean_and_spread
from gossamer.setting_words import heading, shown
from gossamer.study.record import Cell, Comparison, Epoch, ParetoRow, Results
from gossamer.tables import Column, Table

_SHARES = ("accuracy", "balanced_accuracy", "macro_f1")
"""Figures of which more is better."""


def search_table(results: Results) -> Table[Cell]:
    """One row per cell, in the style of scikit-learn's `cv_results_`; "val" is the validation fold.

    `..._best_loss` and `..._best_accuracy` are of each fold's best epoch, all else is the last epoch's.
    Spreads are sample standard deviations (n - 1). Rank 1 is the best, and equals share a rank.
    """
    cells = results.search.cells
    columns = [*_param_columns(results.selection.setting), Column[Cell]("epochs", attrgetter("epochs"))]
    for figure in ("loss", *_SHARES, "best_loss", "best_accuracy"):
        key = figure.replace("best_", "best_val_") if "best" in figure else f"val_{figure}"
        columns += [Column(f"split{i}_val_{figure}", _of_fold(i, key)) for i in range(len(cells[0].folds))]
        columns.append(Column(f"mean_val_{figure}", attrgetter(f"mean_{key}")))
        if "best" not in figure:
            columns.append(Column(f"std_val_{figure}", attrgetter(f"std_{key}")))
    columns.append(Column("rank_val_loss", _ranked(cells, "mean_val_loss", better=1)))
    columns += [
        Column(f"rank_val_{figure}", _ranked(cells, f"mean_val_{figure}", better=-1)) for figure in _SHARES
    ]
    return Table(columns, cells)


def history_table(results: Results) -> Table[Epoch]:
    """One row per epoch of the final fit."""
    return Table(_field_columns(Epoch), results.final.history)


def comparisons_table(results: Results) -> Table[Comparison]:
    """One row per setting that was compared with the selected one."""
    names = results.selection.setting
    return Table([*_param_columns(names), *_field_columns(Comparison)], results.selection.comparisons or ())


def pareto_table(results: Results) -> Table[ParetoRow]:
    """One row per network of a study of several, by its best setting."""
    names = results.selection.setting
    return Table([*_param_columns(names), *_field_columns(ParetoRow)], results.search.pareto or ())


def label_errors_table(errors: Sequence[Answer], images: LabelledImages) -> Table[Answer]:
    """One row per possible label error, the largest margin first; `image` is where it is found.

    That is a file's name or the like, or the image's place in its source, counted from 0.
    """
    columns = [
        Column[Answer]("image", lambda each: str(images.origins[each.row])),
        Column("label", lambda each: images.classes[each.label]),
        Column("looks_like", lambda each: images.classes[each.predicted]),
        Column("probability_of_label", attrgetter("of_label")),
        Column("probability_of_other", attrgetter("confidence")),
    ]
    return Table(columns, errors)


def setting_columns(names: Iterable[str]) -> list[Column[Any]]:
    """The columns of a setting's values of those names, for rows that have a `setting`."""
    return [
        Column(heading(name), _of_setting(name), shown, words=name == "layers", head=True) for name in names
    ]


def networks_table(results: Results) -> Table[ParetoRow]:
    """What a smaller network costs, one row per network; empty for a study of one."""
    rows = results.search.pareto or ()
    return Table(
        [
            Column("number", lambda row: rows.index(row) + 1, count, head=True),
            *setting_columns(["layers"]),
            Column("parameters", attrgetter("parameters"), count),
            Column("multiply-adds", attrgetter("multiply_adds"), count),
            Column("int8 RAM", attrgetter("activation_bytes"), _count_or_nothing),
            Column("epochs", attrgetter("epochs"), _count_or_nothing),
            Column("val. accuracy", attrgetter("mean_val_accuracy", "std_val_accuracy"), mean_and_spread),
            Column("dominated", attrgetter("dominated"), shown, words=True),
        ],
        rows,
    )


def _count_or_nothing(value: int | None) -> str:
    return "" if value is None else count(value)  # older records lack it


def _param_columns(names: Iterable[str]) -> list[Column[Any]]:
    return [Column(f"param_{name}", _of_setting(name)) for name in names]


def _field_columns(kind: type) -> list[Column[Any]]:
    names = [field.name for field in fields(kind) if field.name != "setting"]
    return [Column(name, attrgetter(name)) for name in names]


def _of_setting(name: str) -> Callable[[Any], Any]:
    return lambda row: row.setting.get(name)


def _of_fold(number: int, key: str) -> Callable[[Cell], float | None]:
    return lambda cell: getattr(cell.folds[number], key)


def _ranked(cells: Sequence[Cell], key: str, *, better: int) -> Callable[[Cell], int]:
    """1 + how many cells have a lower `better` times the figure; a missing one is worse than any other."""
    means = [getattr(cell, key) for cell in cells]
    there = [better * mean for mean in means if mean is not None]

    def rank(cell: Cell) -> int:
        mean = getattr(cell, key)
        return 1 + (len(there) if mean is None else sum(each < better * mean for each in there))

    return rank
