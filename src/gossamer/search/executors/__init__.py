"""Where fits run, behind one small interface."""

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import Executor, OnProgress
from gossamer.search.executors.inline import InlineExecutor
from gossamer.search.executors.processes import ProcessExecutor

__all__ = ["Executor", "InlineExecutor", "OnProgress", "ProcessExecutor", "open_executor"]


def open_executor(engine: Engine, images: LabelledImages, workers: int) -> Executor:
    """The executor for so many workers: one runs inline, more run as processes."""
    if workers == 1:
        return InlineExecutor(engine, images)
    return ProcessExecutor(engine, images, workers)
