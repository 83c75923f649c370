"""Which cell wins, by a rule that was fixed before the search."""

from collections.abc import Callable, Sequence
from math import isnan

from gossamer.errors import GossamerError
from gossamer.search.cells import Cell

RULES: dict[str, Callable[[Cell], float]] = {
    "loss": lambda cell: cell.mean_val_loss,
    "accuracy": lambda cell: -cell.mean_val_accuracy,
}
"""Each rule's penalty; the lowest wins."""


def choose(cells: Sequence[Cell], rule: str) -> Cell:
    """The winner; a tie goes to the larger batch, then the larger rate, then the smaller network.

    A cell of which a fold diverged cannot win.

    Raises:
        GossamerError: every cell diverged.
    """
    sound = [cell for cell in cells if not isnan(cell.mean_val_loss)]
    if not sound:
        raise GossamerError("every setting diverged (its loss is no number); try lower learning rates")

    def order(cell: Cell) -> tuple[float, int, float, int]:
        candidate = cell.candidate
        return (
            RULES[rule](cell),
            -candidate.batch_size,
            -candidate.learning_rate,
            candidate.network.parameters,
        )

    return min(sound, key=order)
