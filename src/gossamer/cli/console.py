"""Plain lines on standard error, and what Ctrl-C says."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

INTERRUPTED = 130


def console(**settings: Any) -> Console:
    """A console on standard output, or error; with NO_COLOR set, not even bold or italic is left."""
    return Console(highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto", **settings)


def say(line: str) -> None:
    """Print `line` as it is on standard error."""
    console(stderr=True, soft_wrap=True, markup=False).print(line)


@contextmanager
def interruptible() -> Iterator[None]:
    """What stands in the block may be interrupted and goes on with the same command."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; what was finished is kept. To go on: {shlex.join(['gossamer', *sys.argv[1:]])}")
        raise typer.Exit(INTERRUPTED) from None
