"""Plain lines on standard error, and what Ctrl-C says."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

INTERRUPTED = 130


def say(line: str) -> None:
    """Print `line` as it is on standard error."""
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(line)


@contextmanager
def interruptible() -> Iterator[None]:
    """What stands in the block may be interrupted and goes on with the same command."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; what was finished is kept. To go on: {shlex.join(['gossamer', *sys.argv[1:]])}")
        raise typer.Exit(INTERRUPTED) from None
