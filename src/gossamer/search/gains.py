"""What recipes bring, beside the first recipe of the study, on the same networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from statistics import fmean
from typing import Any

from gossamer.search.cells import Cell


@dataclass(frozen=True, eq=False)
class Gain:
    """A recipe beside the first.

    Attributes:
        changed: the recipe's values that the first has otherwise.
        networks: on how many the two were compared.
        accuracy: the recipe's mean validation accuracy minus that of the first, in the mean over the
            networks, each on the last rung that both reached.
    """

    changed: Mapping[str, Any]
    networks: int
    accuracy: float


def gains(cells: Sequence[Cell]) -> list[Gain]:
    """One per recipe behind the first, in their order; a recipe that shares no network with it has none."""
    recipes: dict[tuple[tuple[str, Any], ...], dict[str, Cell]] = {}
    for cell in cells:
        recipe = tuple(cell.setting.training.items())
        recipes.setdefault(recipe, {})[cell.setting.network.words] = cell
    (first, reference), *others = recipes.items()
    found = []
    for recipe, by_network in others:
        pairs = [(cell, reference[words]) for words, cell in by_network.items() if words in reference]
        differences = [each for pair in pairs if not isnan(each := _difference(*pair))]
        if differences:
            changed = dict(value for value in recipe if value not in first)
            found.append(Gain(changed, len(differences), fmean(differences)))
    return found


def _difference(one: Cell, other: Cell) -> float:
    epochs = max(one.rungs.keys() & other.rungs.keys(), default=None)
    if epochs is None:  # recipes of different lengths
        return one.mean_val_accuracy - other.mean_val_accuracy
    return one.rungs[epochs].mean_val_accuracy - other.rungs[epochs].mean_val_accuracy
