"""A page about an export in C: accuracy, flash and memory, step by step, and how a camera's frame gets in."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from gossamer.export.layers import Layer
from gossamer.network import Model
from gossamer.tables import Column, Table
from gossamer.web import content_policy, environment


def layers_table(layers: Sequence[Layer]) -> Table[Layer]:
    """A row per step."""
    columns: list[Column[Layer]] = [
        Column("step", lambda each: each.name, words=True, head=True),
        Column("output", lambda each: " x ".join(map(str, each.shape)), words=True),
        Column("multiply-adds", lambda each: each.multiply_adds, _count),
        Column("constants", lambda each: each.constant_bytes, _count),
        Column("output bytes", lambda each: each.output_bytes, _count),
        Column("buffer in use", lambda each: each.buffer_bytes, _count),
    ]
    if any(each.error is not None for each in layers):
        columns.append(Column("rounding error", lambda each: each.error, _share))
    return Table(columns, layers)


def data_sheet(model: Model, name: str, layers: Sequence[Layer], record: Mapping[str, Any]) -> bytes:
    """The page.

    Args:
        model: the model.
        name: what identifiers begin with.
        layers: its steps.
        record: of the export's check, as it is written beside it.
    """
    page = (
        _templates()
        .get_template("data_sheet.html.j2")
        .render(
            model=model,
            name=name,
            macro=name.upper(),
            table=layers_table(layers),
            largest=max(each.buffer_bytes for each in layers),
            record=record,
            policy=content_policy([]),
        )
    )
    return page.encode(errors="replace")


def _count(number: int) -> str:
    return f"{number:,}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


@cache
def _templates() -> Environment:
    return environment("gossamer.export", count=_count)
