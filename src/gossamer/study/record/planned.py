"""`plan.json`: why a study that was planned for so many minutes is as it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Planned:
    """`plan.json`, in sentences: the reasons, and what more minutes would be for."""

    reasons: tuple[str, ...]
    more: str
