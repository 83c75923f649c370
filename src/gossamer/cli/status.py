"""`gossamer status`: how far a study is, from another terminal."""

from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.study import CellStatus, FinalStatus, StudyStatus
    from gossamer.tables import Table

EXAMPLE = "Example: gossamer status runs/fashion-mnist"


def status(
    folder: Annotated[Path, typer.Argument(help="A study folder.", metavar="DIR")], *, json: Json = False
) -> None:
    """Say how far a running or stopped study is, without disturbing it."""
    from gossamer import study_status

    show_status(study_status(folder), folder, json=json)


def show_status(found: "StudyStatus", folder: Path, *, json: bool) -> None:
    """Print how far the study in `folder` is."""
    from gossamer.study.record import encode

    if json:
        typer.echo(pretty_json(encode(found)), nl=False)
        return
    typer.echo(f"{folder}: {_state(found)}")
    show(_table(found))
    typer.echo(
        f"search     {found.done} of {found.fits} fits done" + f", {found.begun} begun" * bool(found.begun)
    )
    if found.nested:
        typer.echo(f"nested     {found.nested} fits done")
    typer.echo(f"final fit  {_final(found.final) if found.final else 'not begun'}")
    typer.echo(f"test set   {found.accesses} access{'es' * (found.accesses != 1)}")


def _final(final: "FinalStatus") -> str:
    from gossamer.numbers import figure

    most = f"at most {final.max_epochs}" if final.early_stopping else f"{final.max_epochs}"
    epoch = f"epoch {final.epochs}" + (", done" if final.finished else f" of {most}")
    if final.val_accuracy is None:
        kind, loss, accuracy = "training", final.train_loss, final.train_accuracy
    else:
        kind, loss, accuracy = "validation", final.val_loss, final.val_accuracy
    best = f"best {final.best_epoch}: " if final.early_stopping else ""
    return f"{epoch}; {best}{kind} loss {figure(loss)}, accuracy {figure(accuracy)}"


def _state(found: "StudyStatus") -> str:
    if found.running:
        return "running"
    return (
        "finished"
        if found.finished
        else "stopped; the same command, without --search-only, goes on to its end"
    )


def _table(found: "StudyStatus") -> "Table[CellStatus]":
    from gossamer.study.record import shown_names
    from gossamer.study.tables import setting_columns
    from gossamer.tables import Column, Table

    return Table(
        [
            *setting_columns(shown_names(cell.setting for cell in found.cells)),
            Column("fits done", _fits),
            Column("epochs done", attrgetter("epochs")),
            Column("train accuracy", attrgetter("epochs", "mean_train_accuracy"), _figure),
            Column("val. loss", attrgetter("epochs", "mean_val_loss"), _figure),
            Column("val. accuracy", attrgetter("epochs", "mean_val_accuracy"), _figure),
        ],
        found.cells,
    )


def _fits(cell: "CellStatus") -> str:
    return f"{cell.done} of {cell.folds}" + (f" (+{cell.begun} begun)" if cell.begun else "")


def _figure(values: tuple[int, float | None]) -> str:
    from gossamer.numbers import figure

    epochs, value = values
    return figure(value) if epochs else ""
