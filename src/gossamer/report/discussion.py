"""What moved the result: computed from the search's figures, never asserted."""

from dataclasses import dataclass

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
    found = {
        "accuracy": shares and shares.val_accuracy,
        "loss": shares and shares.val_loss,
    }
    return [
        Explained(
            f"validation {name}",
            each,
            f"There are no shares for validation {name}: {_why_none(results.search.cells, f'mean_val_{name}')}."
            if each is None
            else _finding(each, f"mean validation {name}"),
        )
        for name, each in found.items()
    ]


def worst_batch_sizes(results: Results) -> str | None:
    """At each learning rate, the batch size of the highest mean validation loss; None without a choice of them."""
    cells = results.search.cells
    if len({cell.layers for cell in cells}) > 1 or len({cell.batch_size for cell in cells}) < 2:
        return None
    rates_of: dict[int, list[str]] = {}
    for learning_rate in dict.fromkeys(cell.learning_rate for cell in cells):
        there = [cell for cell in cells if cell.learning_rate == learning_rate]
        # a diverged setting is worse than any number
        worst = max(there, key=lambda cell: float("inf") if cell.mean_val_loss is None else cell.mean_val_loss)
        rates_of.setdefault(worst.batch_size, []).append(rate(learning_rate))
    parts = [
        f"{size:,} at learning rate{'s' if len(rates) > 1 else ''} {listed(rates)}"
        for size, rates in rates_of.items()
    ]
    return f"The batch size with the highest mean validation loss is {'; '.join(parts)}."


def _finding(shares: Shares, figure: str) -> str:
    learning, batch = ("The learning rate", shares.learning_rate), ("The batch size", shares.batch_size)
    more, less = sorted((learning, batch), key=lambda pair: -pair[1])
    if more[1] == less[1]:
        sentence = f"The learning rate and the batch size move {figure} alike: each explains {percent(more[1])}"
    else:
        sentence = (
            f"{more[0]} moves {figure} more than {less[0].lower()} does:"
            f" it explains {percent(more[1])} of the variance between the settings, {less[0].lower()} {percent(less[1])}"
        )
    rest = f", and their interaction {percent(shares.interaction)}."
    if shares.interaction > more[1]:
        rest += " Most of it is interaction: neither can be judged without the other."
    return sentence + rest


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
