"""`gossamer compare`: two or more studies side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.report import Comparison

EXAMPLE = "Example: gossamer compare runs/fashion-mnist runs/smaller --out compare.html"


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Study folders, two or more.", metavar="DIR...")],
    *,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("compare.html"),
    json: Json = False,
) -> None:
    """Set finished studies side by side, in a table here and on one page."""
    from gossamer.report import write_comparison
    from gossamer.study import StudyFolder

    found = write_comparison([StudyFolder(folder) for folder in folders], out)
    if json:
        typer.echo(pretty_json(_record(found)), nl=False)
        return
    show(_table(found))
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


def _table(found: "Comparison") -> Table:
    table = Table("study", title="Test sets", title_justify="left")
    for heading in ("accuracy", "95 % interval", "parameters", "learning rate", "batch", "accesses"):
        table.add_column(heading, justify="right")
    for side in found.sides:
        results = side.records.results
        table.add_row(
            side.name.replace("[", "\\["),
            f"{results.test.accuracy:.4f}",
            f"{side.interval[0]:.4f} to {side.interval[1]:.4f}",
            f"{results.network.parameters:,}",
            f"{results.selection.learning_rate:g}",
            f"{results.selection.batch_size}",
            f"{results.test.accesses}",
        )
    return table


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
