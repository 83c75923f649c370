"""Tables on standard output: words fold, and no figure is ever cut."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import rich.table
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Column

from gossamer.console import console
from gossamer.tables import Table

Row = TypeVar("Row")

WORDS = 8
"""Characters that a column of words may be folded to."""
PIPE = 120
"""Characters of a line in a pipe before a title breaks."""
PLAIN = str.maketrans({"\N{PLUS-MINUS SIGN}": "+-", "\N{MINUS SIGN}": "-"})
"""Signs that every terminal has."""


def show(
    table: Table[Row],
    *,
    title: str | None = None,
    caption: str | None = None,
    bold: Callable[[Row], bool] = lambda _: False,
    footer: Sequence[str] = (),
) -> None:
    """Print a table, words to the left and figures to the right; `footer` has one text per column.

    Where the terminal is too narrow, columns of words fold first, and then those of figures, between two
    numbers alone; where it is too narrow even so, lines are longer than it is. In a pipe nothing folds.
    """
    drawn = rich.table.Table(
        title=title, caption=caption, title_justify="left", caption_justify="left", show_footer=bool(footer)
    )
    for column, text in zip(table.columns, footer or [""] * len(table.columns), strict=True):
        drawn.add_column(escape(column.name), text, justify="left" if column.words else "right")
    for row in table.rows:
        cells = [escape(column.text(row).translate(PLAIN)) for column in table.columns]
        drawn.add_row(*cells, style="bold" if bold(row) else None)
    _print(drawn)


def _print(table: rich.table.Table) -> None:
    terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    figures = [column for column in table.columns if column.justify == "right"]
    words = [column for column in table.columns if column.justify != "right"]
    for column in table.columns:
        column.no_wrap, column.overflow, column.width = False, "fold", _longest(_lines(column))
    if not terminal:
        width = max(PIPE, _total(table))
    else:
        width = shutil.get_terminal_size().columns
        _fold(words, width - _total(table))
        if _total(table) > width:
            for column in figures:
                column.width = _longest(_pieces(column))
            width = max(width, _total(table))
    console(width=width).print(table)


def _fold(columns: Iterable[Column], room: int) -> None:
    """Make columns of words narrower, the widest first, until there is room, or they are WORDS wide."""
    least = {id(column): min(_longest(_pieces(column)), WORDS) for column in columns}
    for _ in range(-room):
        wide = [column for column in columns if (column.width or 0) > least[id(column)]]
        if not wide:
            return
        widest = max(wide, key=lambda column: column.width or 0)
        widest.width = (widest.width or 0) - 1


def _total(table: rich.table.Table) -> int:
    """A row's characters: each column has a space on each side and a line behind it."""
    return 1 + sum((column.width or 0) + 3 for column in table.columns)


def _lines(column: Column) -> list[str]:
    return [str(cell) for cell in (column.header, *column.cells, column.footer)]


def _pieces(column: Column) -> list[str]:
    return [word for line in _lines(column) for word in line.split()]


def _longest(texts: Iterable[str]) -> int:
    return max((cell_len(text) for text in texts), default=1)
