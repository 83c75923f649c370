"""A table: its columns say what stands in a row, and how a person reads it."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A value of every row.

    Attributes:
        name: its heading.
        value: of a row.
        shown: the value as a person reads it.
        words: whether it is words, which are aligned to the left and may fold, or a figure.
        head: whether it names the row.
    """

    name: str
    value: Callable[[Row], Any]
    shown: Callable[[Any], str] = str
    words: bool = False
    head: bool = False

    def text(self, row: Row) -> str:
        """The row's value as a person reads it."""
        return self.shown(self.value(row))


@dataclass(frozen=True)
class Table(Generic[Row]):
    """Rows and their columns."""

    columns: Sequence[Column[Row]]
    rows: Sequence[Row]

    def csv(self) -> str:
        """The values themselves, under the columns' names."""
        text = StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(column.name for column in self.columns)
        writer.writerows([column.value(row) for column in self.columns] for row in self.rows)
        return text.getvalue()
