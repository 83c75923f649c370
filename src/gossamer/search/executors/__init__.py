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
    "check_executor",
    "open_executor",
]


def check_executor(kind: str) -> None:
    """See that there is an executor called `kind`.

    Raises:
        SettingError: there is none.
    """
    if kind not in EXECUTORS:
        raise SettingError(f"--executor must be one of {', '.join(EXECUTORS)}; got {kind!r}")


def open_executor(
    engine: Engine, images: LabelledImages, workers: int | None, kind: str = "auto"
) -> Executor:
    """The executor called `kind` with so many workers. None is one worker; with "ray", all there are.

    "auto" is inline for one worker. For more, it is threads for the native engine, and processes for the
    torch engine, which holds the interpreter lock. Close the executor after its last run.

    Raises:
        SettingError: the executor is unknown, does not suit the engine, or is not installed.
        WorkerError: no Ray cluster can be used.
    """
    check_executor(kind)
    if kind == "threads" and engine.name != "native":
        raise SettingError("--executor threads needs the native engine; try --executor processes")
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
    # Ray reads these when it is imported: no telemetry, and no logs of its own among the command's results
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": "."}
    from gossamer.search.executors.ray import RayExecutor  # noqa: PLC0415 - it may not be installed

    return RayExecutor(engine, images, workers)
