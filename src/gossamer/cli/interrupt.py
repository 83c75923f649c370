"""What Ctrl-C does to a command, and what it says."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gossamer.console import say

INTERRUPTED = 130


@contextmanager
def interruptible() -> Iterator[None]:
    """What stands in the block may be interrupted and goes on with the same command."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"interrupted; what was finished is kept. To go on: {shlex.join(['gossamer', *sys.argv[1:]])}")
        raise typer.Exit(INTERRUPTED) from None
