"""Progress a person can follow: live bars on a terminal or in a notebook, plain lines in a pipe.

Always on standard error, except in a notebook.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from gossamer.console import console, say
from gossamer.progress.bars import DownloadBars, StudyBars
from gossamer.progress.lines import DownloadLines, StudyLines
from gossamer.progress.words import in_words

if TYPE_CHECKING:
    from gossamer.study import events

__all__ = ["in_words", "watch_download", "watch_study"]


@contextmanager
def watch_study(*, quiet: bool = False) -> Iterator["Callable[[events.Event], None]"]:
    """An observer of a study; where bars can be shown, they are until the block ends."""
    screen = console(stderr=True)
    if quiet:
        yield lambda _: None
    elif _shows_bars(screen):
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=screen,
        ) as bars:
            yield StudyBars(bars)
    else:
        yield StudyLines(say)


@contextmanager
def watch_download() -> Iterator[Callable[[str, int, int | None], None]]:
    """Shows a download: a bar on a terminal, one line per file in a pipe."""
    screen = console(stderr=True)
    if _shows_bars(screen):
        with Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=screen
        ) as bars:
            yield DownloadBars(bars)
    else:
        yield DownloadLines(say)


def _shows_bars(screen: Console) -> bool:
    """Whether bars can be redrawn in place; in a notebook, rich does it by ipywidgets."""
    return screen.is_terminal or (screen.is_jupyter and find_spec("ipywidgets") is not None)
