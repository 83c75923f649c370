"""`gossamer verify`: recomputes every number in a study's files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import Json
from gossamer.console import say
from gossamer.files import pretty_json
from gossamer.progress import watch_download

EXAMPLE = "Example: gossamer verify runs/fashion-mnist"


def verify(
    folder: Annotated[Path, typer.Argument(help="A study folder.", metavar="DIR")],
    *,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="The data, where they are no longer at the study's source."),
    ] = None,
    json: Json = False,
) -> None:
    """Recompute what a finished study states, from its data, its journal and its model.

    Nothing is fitted or written, and no test-set access is added. It ends at the first difference.
    """
    from gossamer import verify_study

    with interruptible(), watch_download() as on_download:
        found = verify_study(folder, data, on_fit=_say_progress, on_download=on_download)
    if json:
        typer.echo(pretty_json(asdict(found)), nl=False)
        return
    typer.echo(f"{folder}: verified")
    typer.echo(
        f"fits       the weights of {found.fits:,} scored again on {found.images:,} validation images:"
        " the journal's figures"
        + ("" if found.final_validated else "; the final fit has no validation images")
    )
    for name, numbers in found.numbers.items():
        typer.echo(f"{name:<15} {numbers:,} numbers recomputed, all equal")
    typer.echo(
        "the model, the tables and report.html are what these give, to the byte\n"
        f"{found.accesses} test-set access{'es' * (found.accesses != 1)}, before and after this\n"
        "not checked: the figures of epochs before a fit's last, or of training images, which only fitting"
        " again recomputes; timings.json"
    )


def _say_progress(done: int, of: int) -> None:
    if done % 10 == 0 or done == of:
        say(f"verify: {done} of {of} fits scored again")
