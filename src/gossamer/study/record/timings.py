"""`timings.json`: seconds, machine and versions; all that may differ between two runs of one study."""

from dataclasses import dataclass

from gossamer.study.record.codec import Count, Loss


@dataclass(frozen=True)
class Seconds:
    """Wall-clock seconds of the last run; seconds of all fits of the search and of the final fit."""

    this_run: Loss
    search_fits: Loss
    mean_search_fit: Loss
    final_fit: Loss


@dataclass(frozen=True)
class Machine:  # noqa: D101
    system: str
    architecture: str
    processor: str
    cores: Count | None


@dataclass(frozen=True)
class Timings:
    """`timings.json`."""

    finished: str
    workers: Count
    seconds: Seconds
    machine: Machine
    versions: dict[str, str]
