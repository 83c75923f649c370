"""`gossamer` alone: what to do next."""

import shlex
from pathlib import Path

import typer

from gossamer.streams import one_line

RUNS = Path("runs")
"""Where studies are, unless `--out` says otherwise."""
SHOWN = 5
"""Studies at most, the latest first."""

FIRST_STEPS = """\
gossamer {version}: lightweight image classifiers, honestly selected.

Your own images, in one folder per class:
  gossamer data info my-pictures            look at them
  gossamer auto my-pictures --size 32x32    the best small model, in 15 minutes
A model that comes with gossamer:
  gossamer predict small-20k photo.png      classify a picture of clothing
  gossamer serve small-20k                  try it in the browser
The report's study on Fashion-MNIST:
  gossamer run --subset 6000                with few images, in seconds
  gossamer run                              with all, in minutes"""

STUDIES = """
Studies in this folder:"""

LAST = """
`gossamer doctor` checks the installation, `gossamer --help` lists all commands,
`gossamer --install-completion` completes them in your shell."""


def welcome() -> None:
    """Say what to do first, which studies are here, and where to read on."""
    from gossamer import __version__

    typer.echo(FIRST_STEPS.format(version=__version__))
    if found := _studies():
        typer.echo(STUDIES)
        for folder, finished in found[:SHOWN]:
            command = "predict" if finished else "status"
            state, rest = ("finished", " photo.png") if finished else ("not finished", "")
            named = one_line(shlex.quote(str(folder)))
            typer.echo(f"  gossamer {command} {named}{rest}".ljust(43) + f" {state}")
    typer.echo(LAST)


def _studies() -> list[tuple[Path, bool]]:
    """Study folders, the latest first, and whether each is finished."""
    try:
        journals = sorted(RUNS.glob("*/journal.db"), key=lambda file: -file.stat().st_mtime)
        return [(file.parent, (file.parent / "results.json").is_file()) for file in journals]
    except OSError:
        return []
