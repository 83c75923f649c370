"""Where fits run, behind one small interface."""

import os
from importlib.util import find_spec

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.errors import SettingError
from gossamer.search.executors.base import Executor, OnProgress
from gossamer.search.executors.inline import InlineExecutor
from gossamer.search.executors.processes import ProcessExecutor
from gossamer.search.executors.threads import ThreadExecutor

EXECUTORS = ("auto", "threads", "processes", "ray")

__all__ = [
    "EXECUTORS",
    "Executor",
    "InlineExecutor",
    "OnProgress",
    "ProcessExecutor",
    "ThreadExecutor",
    "open_executor",
]


def open_executor(
    engine: Engine, images: LabelledImages, workers: int | None, kind: str = "auto"
) -> Executor:
    """The executor called `kind` with so many workers; None is one, or with "ray" all that there are.

    "auto" is one worker inline, more as threads of the native engine, or as processes of the torch engine,
    which keeps the interpreter's lock. Close it when there is no more to run.

    Raises:
        SettingError: there is no such executor, it does not go with the engine, or is not installed.
        WorkerError: there is no Ray cluster to be had.
    """
    if kind not in EXECUTORS:
        raise SettingError(f"--executor must be one of {', '.join(EXECUTORS)}; got {kind!r}")
    if kind == "threads" and engine.name != "native":
        raise SettingError("--executor threads goes with the native engine only; try --executor processes")
    if kind == "ray":
        return _open_ray(engine, images, workers)
    workers = workers or 1
    if kind == "auto" and workers == 1:
        return InlineExecutor(engine, images)
    if kind == "threads" or (kind == "auto" and engine.name == "native"):
        return ThreadExecutor(engine, images, workers)
    return ProcessExecutor(engine, images, workers)


def _open_ray(engine: Engine, images: LabelledImages, workers: int | None) -> Executor:
    if find_spec("ray") is None:
        raise SettingError("--executor ray needs Ray; install it with: pip install 'gossamer[ray]'")
    # Ray reads these as it is imported: no telemetry, and no word of its own among the command's results
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
    from gossamer.search.executors.ray import RayExecutor  # noqa: PLC0415 - it may not be installed

    return RayExecutor(engine, images, workers)
