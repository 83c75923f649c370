"""`gossamer report`: a study folder's page, made again from its records."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: gossamer report runs/fashion-mnist"


def report(folder: Annotated[Path, typer.Argument(help="A study folder.", metavar="DIR")]) -> None:
    """Write a finished study's report.html again."""
    from gossamer import write_report

    typer.echo(write_report(folder))
