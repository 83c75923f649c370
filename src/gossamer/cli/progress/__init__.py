"""Progress a person can follow: live bars on a terminal, plain lines in a pipe; always on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from gossamer.cli.console import console, say
from gossamer.cli.progress.bars import DownloadBars, StudyBars
from gossamer.cli.progress.lines import DownloadLines, StudyLines
from gossamer.cli.progress.words import in_words

if TYPE_CHECKING:
    from gossamer.study import events

__all__ = ["in_words", "watch_download", "watch_study"]


@contextmanager
def watch_study(*, quiet: bool = False) -> Iterator["Callable[[events.Event], None]"]:
    """An observer of a study; on a terminal, its bars are shown until the block ends."""
    screen = console(stderr=True)
    if quiet:
        yield lambda _: None
    elif screen.is_terminal:
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
    if screen.is_terminal:
        with Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=screen
        ) as bars:
            yield DownloadBars(bars)
    else:
        yield DownloadLines(say)
