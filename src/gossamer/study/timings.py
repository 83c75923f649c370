"""The record of a run's time and place, as timings.json holds it."""

import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import fmean

from gossamer.cpus import usable_cpus
from gossamer.study.record.timings import Machine, Seconds, Timings

VERSIONS_OF = ("gossamer", "numpy", "scikit-learn", "scipy", "safetensors", "torch")


def timings(
    *, run_seconds: float, workers: int, fit_seconds: Iterable[float], final_seconds: float
) -> Timings:
    """The record of one run: its own seconds, and those of all fits, also of earlier runs."""
    seconds = list(fit_seconds)
    return Timings(
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        workers=workers,
        seconds=Seconds(
            this_run=round(run_seconds, 3),
            search_fits=round(sum(seconds), 3),
            mean_search_fit=round(fmean(seconds), 3),
            final_fit=round(final_seconds, 3),
        ),
        machine=Machine(
            system=f"{platform.system()} {platform.release()}",
            architecture=platform.machine(),
            processor=_processor(),
            cores=usable_cpus(),
        ),
        versions={"python": platform.python_version()} | dict(_versions()),
    )


def _versions() -> Iterable[tuple[str, str]]:
    for name in VERSIONS_OF:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
