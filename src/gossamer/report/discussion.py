"""What moved the result: computed from the search's figures, never asserted."""

from dataclasses import dataclass
from math import inf

from gossamer.report.numbers import listed, percent, rate
from gossamer.report.records import Cell, Results, Shares


@dataclass(frozen=True)
class Explained:
    """One figure's shares of variance, or why there are none; and the finding in words."""

    figure: str
    shares: Shares | None
    finding: str


def explained(results: Results) -> list[Explained]:
    """For the validation accuracy, then for the validation loss."""
    shares = results.search.variance_shares
    return [
        _explained(results, "accuracy", shares.val_accuracy if shares else None),
        _explained(results, "loss", shares.val_loss if shares else None),
    ]


def batch_sizes(results: Results) -> str | None:
    """At each learning rate, the batch sizes of the least and the most validation loss; None if but one."""
    cells = results.search.cells
    if len({cell.layers for cell in cells}) > 1 or len({cell.batch_size for cell in cells}) < 2:
        return None
    best: dict[int, list[str]] = {}
    worst: dict[int, list[str]] = {}
    for learning_rate in dict.fromkeys(cell.learning_rate for cell in cells):
        there = [cell for cell in cells if cell.learning_rate == learning_rate]
        best.setdefault(min(there, key=_loss).batch_size, []).append(rate(learning_rate))
        worst.setdefault(max(there, key=_loss).batch_size, []).append(rate(learning_rate))
    return (
        f"The batch size with the lowest mean validation loss is {_by_rate(best)};"
        f" the one with the highest is {_by_rate(worst)}."
    )


def _loss(cell: Cell) -> float:
    return inf if cell.mean_val_loss is None else cell.mean_val_loss


def _by_rate(rates_of: dict[int, list[str]]) -> str:
    parts = [
        f"{size:,} at learning rate{'s' if len(rates) > 1 else ''} {listed(rates)}"
        for size, rates in rates_of.items()
    ]
    return ", ".join(parts)


def _explained(results: Results, name: str, shares: Shares | None) -> Explained:
    if shares is None:
        why = _why_none(results.search.cells, f"mean_val_{name}")
        return Explained(f"validation {name}", None, f"There are no shares for validation {name}: {why}.")
    return Explained(f"validation {name}", shares, _finding(shares, f"mean validation {name}"))


def _finding(shares: Shares, figure: str) -> str:
    axes = {"learning rate": shares.learning_rate, "batch size": shares.batch_size}
    more, less = sorted(axes, key=lambda name: -axes[name])
    if axes[more] == axes[less]:
        sentence = f"The {more} and the {less} move {figure} alike: each explains {percent(axes[more])}"
    else:
        sentence = (
            f"The {more} moves {figure} more than the {less} does: it explains {percent(axes[more])}"
            f" of the variance between the settings, the {less} {percent(axes[less])}"
        )
    sentence += f", and their interaction {percent(shares.interaction)}."
    if shares.interaction > axes[more]:
        sentence += " The interaction is the largest share: neither can be judged without the other."
    return sentence


def _why_none(cells: tuple[Cell, ...], mean: str) -> str:
    figures = [getattr(cell, mean) for cell in cells]
    if len({cell.layers for cell in cells}) > 1:
        return "the grid has more than one network, and the shares are defined for one"
    if len({cell.learning_rate for cell in cells}) < 2 or len({cell.batch_size for cell in cells}) < 2:
        return "the grid needs at least two learning rates and two batch sizes"
    if None in figures:
        return "a setting diverged"
    if len(set(figures)) == 1:
        return "all settings came to the same figure"
    return "the settings do not fill a grid"
