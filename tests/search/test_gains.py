"""What a recipe brought, on the rungs that it shares with the first."""

from collections.abc import Sequence
from math import isclose, nan
from typing import Any

from gossamer.network import Architecture
from gossamer.search import Cell, gains, settings_of
from gossamer.training import Epoch

NETWORKS = [Architecture.parse(words, (8, 8, 1), 10) for words in ("conv2 gap dense", "conv4 gap dense")]
RECIPES: Sequence[dict[str, Any]] = [
    {"learning_rate": 0.1, "epochs": 4, "shift": 1, "flip": "none"},
    {"learning_rate": 0.1, "epochs": 4, "shift": 0, "flip": "none"},
    {"learning_rate": 0.1, "epochs": 4, "shift": 1, "flip": "alternating"},
]


def history(epochs: int, accuracy: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(each, 0, 0, accuracy and 0.5, accuracy) for each in range(1, epochs + 1))


def cells(accuracies: Sequence[Sequence[dict[int, float]]]) -> list[Cell]:
    """A cell per recipe and network, from its accuracies by epochs, rung by rung."""
    settings = settings_of([(network, recipe) for recipe in RECIPES for network in NETWORKS])
    figures = [each for recipe in accuracies for each in recipe]
    found = []
    for setting, by_epochs in zip(settings, figures, strict=True):
        rungs: tuple[Cell, ...] = ()
        for epochs, accuracy in by_epochs.items():
            rungs = (*rungs, Cell(setting, (history(epochs, accuracy),), rungs))
        found.append(rungs[-1])
    return found


def test_a_recipe_is_compared_with_the_first_on_the_last_rung_of_both() -> None:
    found = gains(
        cells(
            [
                [{1: 0.5, 4: 0.8}, {1: 0.6}],
                [{1: 0.4}, {1: 0.7}],
                [{1: 0.5, 4: 0.9}, {1: 0.6}],
            ]
        )
    )
    assert [each.changed for each in found] == [{"shift": 0}, {"flip": "alternating"}]
    assert [each.networks for each in found] == [2, 2]
    assert isclose(found[0].accuracy, 0, abs_tol=1e-12)
    assert isclose(found[1].accuracy, 0.05)


def test_what_diverged_is_not_compared() -> None:
    found = gains(cells([[{1: 0.5}, {1: 0.6}], [{1: nan}, {1: 0.7}], [{1: nan}, {1: nan}]]))
    assert [(each.changed, each.networks) for each in found] == [({"shift": 0}, 1)]
    assert isclose(found[0].accuracy, 0.1)
