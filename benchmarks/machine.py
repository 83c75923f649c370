"""The machine and the versions that figures belong to."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from gossamer.cpus import usable_cpus
from gossamer.engine import open_engine
from gossamer.errors import EngineError

VERSIONS_OF = ("gossamer", "numpy", "torch", "skorch", "jax", "jaxlib", "keras", "onnx", "onnxruntime")
SERVERS = ("fastapi", "uvicorn", "uvloop", "httptools", "litserve")


def machine() -> dict[str, Any]:
    """Processor, cores, how busy it was, and the native engine with its kernels."""
    try:
        native = open_engine("native").numerics
    except EngineError:
        native = "not built"
    return {
        "processor": _processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
        "native": native,
    }


def cores() -> int:
    """How many CPUs this process may use."""
    return usable_cpus()


def limit_cores(count: int) -> None:
    """Keep this process and its children to `count` CPUs, where the system can."""
    if count < cores() and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


class Bystanders:
    """How much of the machine others used, from its making on; Linux alone tells."""

    def __init__(self) -> None:
        self._before = self._busy_seconds(), self._own_seconds(), perf_counter()

    def share(self, known: float = 0.0) -> float | None:
        """Their CPU seconds by the machine's; call it once all child processes have ended.

        Args:
            known: CPU seconds that were the caller's doing, of processes that were not its children.
        """
        before, own_before, started = self._before
        now = self._busy_seconds()
        if now is None or before is None:
            return None
        others = (now - before) - (self._own_seconds() - own_before) - known
        return round(max(0.0, others) / (perf_counter() - started) / (os.cpu_count() or 1), 3)

    @staticmethod
    def _busy_seconds() -> float | None:
        try:
            total = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
        except OSError:
            return None
        user, nice, system, _idle, _wait, irq, soft, steal = map(int, total[:8])
        return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own_seconds() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system


def versions(names: Sequence[str] = VERSIONS_OF) -> dict[str, str]:
    """Python's version and those of the tools called `names` that are installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    facts: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    name = facts.get("model name") or platform.processor() or "unknown processor"
    if "cpu family" in facts:  # virtual machines often hide the rest of the name
        name += f" (family {facts['cpu family']}, model {facts['model']})"
    return name
