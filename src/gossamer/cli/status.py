"""`gossamer status`: how far a study is, from another terminal."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.study import StudyStatus

EXAMPLE = "Example: gossamer status runs/fashion-mnist"


def status(
    folder: Annotated[Path, typer.Argument(help="A study folder.", metavar="DIR")], *, json: Json = False
) -> None:
    """Say how far a running or stopped study is, without disturbing it."""
    from gossamer.study import StudyFolder, study_status

    found = study_status(StudyFolder(folder))
    if json:
        typer.echo(pretty_json(asdict(found)), nl=False)
        return
    typer.echo(f"{folder}: {_state(found)}")
    show(_table(found))
    typer.echo(
        f"search     {found.done} of {found.fits} fits done" + f", {found.begun} begun" * bool(found.begun)
    )
    if found.nested:
        typer.echo(f"nested     {found.nested} fits done")
    if final := found.final:
        loss = "no number" if final.val_loss is None else f"{final.val_loss:.4f}"
        typer.echo(
            f"final fit  epoch {final.epochs}"
            + (", done" if final.finished else f" of at most {final.max_epochs}")
            + f"; best {final.best_epoch}: validation loss {loss}, accuracy {final.val_accuracy:.4f}"
        )
    else:
        typer.echo("final fit  not begun")
    typer.echo(f"test set   {found.accesses} access{'es' * (found.accesses != 1)}")


def _state(found: "StudyStatus") -> str:
    if found.running:
        return "running"
    return "finished" if found.finished else "stopped; the command that began it goes on with it"


def _table(found: "StudyStatus") -> Table:
    settings = [cell.setting for cell in found.cells]
    varying = [name for name in settings[0] if len({setting[name] for setting in settings}) > 1]
    table = Table()
    for heading in (*varying, "folds done", "epochs done", "val. loss", "val. accuracy"):
        table.add_column(heading.replace("_", " "), justify="left" if heading == "layers" else "right")
    for cell in found.cells:
        begun = f" (+{cell.begun} begun)" if cell.begun else ""
        table.add_row(
            *(str(cell.setting[name]) for name in varying),
            f"{cell.done} of {cell.folds}{begun}",
            str(cell.epochs),
            _figure(cell.mean_val_loss, cell.epochs),
            _figure(cell.mean_val_accuracy, cell.epochs),
        )
    return table


def _figure(value: float | None, epochs: int) -> str:
    if not epochs:
        return ""
    return "diverged" if value is None else f"{value:.4f}"
