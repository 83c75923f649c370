"""Where fits run, behind one small interface."""

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.errors import SettingError
from gossamer.search.executors.base import Executor, OnProgress
from gossamer.search.executors.inline import InlineExecutor
from gossamer.search.executors.processes import ProcessExecutor
from gossamer.search.executors.threads import ThreadExecutor

EXECUTORS = ("auto", "threads", "processes")

__all__ = [
    "EXECUTORS",
    "Executor",
    "InlineExecutor",
    "OnProgress",
    "ProcessExecutor",
    "ThreadExecutor",
    "open_executor",
]


def open_executor(engine: Engine, images: LabelledImages, workers: int, kind: str = "auto") -> Executor:
    """The executor called `kind` with so many workers.

    "auto" is one worker inline, more as threads of the native engine, or as processes of the torch engine,
    which keeps the interpreter's lock.

    Raises:
        SettingError: there is no such executor, or it does not go with the engine.
    """
    if kind not in EXECUTORS:
        raise SettingError(f"--executor must be one of {', '.join(EXECUTORS)}; got {kind!r}")
    if kind == "threads" and engine.name != "native":
        raise SettingError("--executor threads goes with the native engine only; try --executor processes")
    if kind == "auto" and workers == 1:
        return InlineExecutor(engine, images)
    if kind == "threads" or (kind == "auto" and engine.name == "native"):
        return ThreadExecutor(engine, images, workers)
    return ProcessExecutor(engine, images, workers)
