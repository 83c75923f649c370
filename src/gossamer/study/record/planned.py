"""`plan.json`: why a study that was planned for so many minutes is as it is."""

from dataclasses import dataclass

from gossamer.network import Budgets


@dataclass(frozen=True)
class Planned:
    """`plan.json`: what was asked for, the reasons in sentences, and what more minutes would allow."""

    minutes: float
    budgets: Budgets
    reasons: tuple[str, ...]
    more: str
