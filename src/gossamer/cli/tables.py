"""Tables on standard output: words fold, and no figure is ever cut."""

import os
import shutil
import sys
from collections.abc import Iterable

from rich.cells import cell_len
from rich.table import Column, Table

from gossamer.cli.console import console

WORDS = 8
"""Characters that a column of words may be folded to."""
PIPE = 120
"""Characters of a line in a pipe before a title breaks."""


def show(table: Table) -> None:
    """Print a table whose columns of figures are those that are aligned to the right.

    Where the terminal is too narrow, columns of words fold first, and then those of figures, between two
    numbers alone; where it is too narrow even so, lines are longer than it is. In a pipe nothing folds.
    """
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


def _total(table: Table) -> int:
    """A row's characters: each column has a space on each side and a line behind it."""
    return 1 + sum((column.width or 0) + 3 for column in table.columns)


def _lines(column: Column) -> list[str]:
    return [str(cell) for cell in (column.header, *column.cells, column.footer)]


def _pieces(column: Column) -> list[str]:
    return [word for line in _lines(column) for word in line.split()]


def _longest(texts: Iterable[str]) -> int:
    return max((cell_len(text) for text in texts), default=1)
