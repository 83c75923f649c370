"""Table 2 on a terminal: every cell's means and spread over its fits, the report's figures beside ours."""

from operator import attrgetter

from gossamer.numbers import count, counted, figure, mean_and_spread
from gossamer.search import LEVEL
from gossamer.study.paper import TRAINING_IMAGES
from gossamer.study.record import Cell, ParetoRow, Results
from gossamer.study.tables import networks_table, setting_columns
from gossamer.study.words import has_spread, part, parts
from gossamer.tables import Column, Table


def table_2(results: Results) -> Table[Cell]:
    """One row per cell: * the selected one, ~ one not significantly different, ! one that learned nothing."""
    figures = {"val. loss": "val_loss", "val. accuracy": "val_accuracy"}
    if results.uneven:
        figures |= {"balanced acc.": "val_balanced_accuracy", "macro-F1": "val_macro_f1"}
    columns = [
        Column[Cell]("", lambda cell: _marks(results, cell)),
        *setting_columns(results.shown_names),
        *(
            Column[Cell](name, attrgetter(f"mean_{key}", f"std_{key}"), mean_and_spread)
            for name, key in figures.items()
        ),
    ]
    if len(results.search.rungs) > 1:
        columns.append(Column("epochs", attrgetter("epochs"), count))
    if _published(results):
        columns += [_of_report("report: loss", "val_loss"), _of_report("accuracy", "val_accuracy")]
    return Table(columns, results.search.cells)


def caption(results: Results) -> str:
    """What the marks and figures mean."""
    search, selection = results.search, results.selection
    text = f"* selected by {selection.rule}"
    if selection.not_significant:
        text += f"; ~ not significantly different (corrected t-test, Holm's p >= {LEVEL})"
    elif selection.comparisons:
        text += f"; significantly different from every other (corrected t-test, Holm's p < {LEVEL})"
    elif len(search.cells) > 1 and not has_spread(results):
        text += "; none compared with it, for there is one figure of each and no spread"
    if stuck := sum(cell.one_class_folds > 0 for cell in search.cells):
        text += (
            f"; ! predicts one class only in a {part(results)} or more ({counted(stuck, 'setting')}):"
            " nothing was learned"
        )
    if has_spread(results):
        text += f". Last epoch's means over {parts(results)}, +- their spread."
    else:
        text += f". Last epoch's figures on {parts(results)}."
    if _published(results) and results.data.train != TRAINING_IMAGES:
        text += f" The report used {TRAINING_IMAGES:,} training images, this study {results.data.train:,}."
    return text


def networks(results: Results) -> Table[ParetoRow]:
    """What a smaller network costs, for a study of several; the selected one has a star."""
    table = networks_table(results)
    layers = results.selection.setting["layers"]
    mark = Column[ParetoRow]("", lambda row: "*" if row.setting["layers"] == layers else "")
    return Table([mark, *table.columns], table.rows)


def _of_report(name: str, key: str) -> Column[Cell]:
    return Column(name, attrgetter("published"), lambda each: figure(getattr(each, key)) if each else "")


def _published(results: Results) -> bool:
    return any(cell.published for cell in results.search.cells)


def _marks(results: Results, cell: Cell) -> str:
    similar = cell.setting in (results.selection.not_significant or ())
    return ("*" if results.is_selected(cell) else "~" * similar) + "!" * (cell.one_class_folds > 0)
