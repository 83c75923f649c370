"""Where lines for people go: a console that respects NO_COLOR, and plain lines on standard error."""

import os
from contextlib import suppress
from typing import Any

from rich.console import Console

from gossamer.streams import one_line


def console(kind: type[Console] = Console, **settings: Any) -> Console:
    """A console on standard output, or error; with NO_COLOR set, not even bold or italic is left."""
    return kind(highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto", **settings)


def say(line: str) -> None:
    """Print `line`, which may name any file, as one line on standard error."""
    with suppress(OSError):  # the terminal is gone, for example
        console(_Lasting, stderr=True, soft_wrap=True, markup=False).print(one_line(line))


class _Lasting(Console):
    """A console whose reader may go away: what it would have read is lost, and the command goes on."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
