"""Where fits run, behind one small interface."""

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.search.executors.base import Executor, OnProgress
from gossamer.search.executors.inline import InlineExecutor
from gossamer.search.executors.processes import ProcessExecutor
from gossamer.search.executors.threads import ThreadExecutor

__all__ = ["Executor", "InlineExecutor", "OnProgress", "ProcessExecutor", "ThreadExecutor", "open_executor"]


def open_executor(engine: Engine, images: LabelledImages, workers: int) -> Executor:
    """The executor for so many workers: one runs inline, more as the engine's threads or as processes."""
    if workers == 1:
        return InlineExecutor(engine, images)
    if engine.name == "native":
        return ThreadExecutor(engine, images, workers)
    return ProcessExecutor(engine, images, workers)
