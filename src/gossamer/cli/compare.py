"""`gossamer compare`: two or more studies side by side."""

from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.report.compare import Comparison, Side
    from gossamer.tables import Table

EXAMPLE = "Example: gossamer compare runs/fashion-mnist runs/smaller --out compare.html"


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Study folders, two or more.", metavar="DIR...")],
    *,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("compare.html"),
    json: Json = False,
) -> None:
    """Set finished studies side by side, in a table here and on one page."""
    from gossamer import compare_studies

    found = compare_studies(folders, out)
    if json:
        typer.echo(pretty_json(_record(found)), nl=False)
        return
    show(_table(found), title="Test sets")
    if not found.same_test:
        typer.echo("not the same test images: the accuracies say nothing about which model is better")
    for side, pair in zip(found.sides[1:], found.paired, strict=True):
        if pair is not None:
            typer.echo(
                f"{side.name} against {found.sides[0].name}: only the first is right on"
                f" {pair.only_first:,} images,"
                f" only the second on {pair.only_second:,} (McNemar's exact p {_p(pair.p)})"
            )
    typer.echo(f"page        {out}")


def _table(found: "Comparison") -> "Table[Side]":
    from gossamer.numbers import count, figure
    from gossamer.setting_words import heading, shown
    from gossamer.tables import Column, Table

    def of_setting(name: str) -> "Column[Side]":
        return Column(
            heading(name),
            lambda side: side.setting.get(name),
            shown,
            words=name == "layers",
        )

    return Table(
        [
            Column("study", attrgetter("name"), words=True),
            Column("accuracy", attrgetter("records.results.test.accuracy"), figure),
            Column("95 % interval", attrgetter("interval"), lambda ends: " to ".join(map(figure, ends))),
            Column("parameters", attrgetter("records.results.network.parameters"), count),
            *map(of_setting, found.names),
            Column("accesses", attrgetter("records.results.test.accesses"), count),
        ],
        found.sides,
    )


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"


def _record(found: "Comparison") -> dict[str, object]:
    return {
        "same_test_images": found.same_test,
        "same_training_images": found.same_train,
        "studies": [
            {
                "name": side.name,
                "accuracy": side.records.results.test.accuracy,
                "interval": list(side.interval),
                "parameters": side.records.results.network.parameters,
                "accesses": side.records.results.test.accesses,
            }
            for side in found.sides
        ],
        "paired": [
            None
            if pair is None
            else {"only_first": pair.only_first, "only_second": pair.only_second, "p": pair.p}
            for pair in found.paired
        ],
    }
