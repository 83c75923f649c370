"""What moved the result: computed from the search's figures, never asserted."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from gossamer.numbers import listed, percent
from gossamer.setting_words import heading, shown
from gossamer.study.record import Cell, Results, Shares, Value

RATE, BATCH = "learning_rate", "batch_size"


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


@dataclass(frozen=True)
class ShareRow:
    """A source of variance, and its share of each figure that has shares."""

    name: str
    shares: tuple[float, ...]


def share_rows(found: Sequence[Explained]) -> list[ShareRow]:
    """One row per value that varies, and one for their interaction."""
    shares = [each.shares for each in found if each.shares]
    names = shares[0].by if shares else ()
    rows = [ShareRow(heading(name), tuple(each.by[name] for each in shares)) for name in names]
    return [*rows, ShareRow("interaction", tuple(each.interaction for each in shares))]


def batch_sizes(results: Results) -> str | None:
    """At each learning rate, the batch sizes of the lowest and highest loss; None if other values vary."""
    cells = results.search.cells
    if set(results.shown_names) != {RATE, BATCH} or len(_values(cells, BATCH)) < 2:
        return None
    best: dict[str, list[str]] = {}
    worst: dict[str, list[str]] = {}
    for value in _values(cells, RATE):
        there = [cell for cell in cells if cell.setting[RATE] == value]
        best.setdefault(shown(min(there, key=_loss).setting[BATCH]), []).append(shown(value))
        worst.setdefault(shown(max(there, key=_loss).setting[BATCH]), []).append(shown(value))
    return (
        f"The batch size with the lowest mean validation loss is {_by_rate(best)};"
        f" the one with the highest is {_by_rate(worst)}."
    )


def _values(cells: Sequence[Cell], name: str) -> list[Value]:
    return list(dict.fromkeys(cell.setting[name] for cell in cells))


def _loss(cell: Cell) -> float:
    return inf if cell.mean_val_loss is None else cell.mean_val_loss


def _by_rate(rates_of: dict[str, list[str]]) -> str:
    parts = [
        f"{size} at learning rate{'s' if len(rates) > 1 else ''} {listed(rates)}"
        for size, rates in rates_of.items()
    ]
    return ", ".join(parts)


def _explained(results: Results, name: str, shares: Shares | None) -> Explained:
    if shares is None:
        why = _why_none(results, f"mean_val_{name}")
        return Explained(f"validation {name}", None, f"There are no shares for validation {name}: {why}.")
    return Explained(f"validation {name}", shares, _finding(shares, f"mean validation {name}"))


def _finding(shares: Shares, figure: str) -> str:
    axes = {heading(name): share for name, share in shares.by.items()}
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


def _why_none(results: Results, mean: str) -> str:
    cells = results.search.cells
    figures = [getattr(cell, mean) for cell in cells]
    varying = [name for name in results.shown_names if len(_values(cells, name)) > 1]
    if len(varying) != 2:
        return f"they are defined for two values of the setting that vary, and here {len(varying)} did"
    if None in figures:
        return "a setting diverged"
    if len(set(figures)) == 1:
        return "all settings came to the same figure"
    return "the settings do not fill a grid"
