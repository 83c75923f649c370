"""A setting: an immutable mapping that can be a key, named by what varies, and the recipe of its fits."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from gossamer.network import Architecture
from gossamer.search import Setting, grid
from gossamer.training import Recipe

SMALL, LARGE = (Architecture.parse(words, (8, 8, 1), 10) for words in ("gap dense", "conv4 gap dense"))
TRAINING: dict[str, list[Any]] = {"learning_rate": [0.1, 0.01], "batch_size": [8], "epochs": [1, 2]}


def only(network: Architecture = SMALL, **training: float) -> Setting:
    values = {"learning_rate": 0.1, "batch_size": 8, "epochs": 3} | training
    (setting,) = grid([network], {name: [value] for name, value in values.items()})
    return setting


def test_a_setting_is_a_mapping_in_a_fixed_order() -> None:
    setting = only()
    assert list(setting.items()) == [
        ("layers", "gap dense"),
        ("learning_rate", 0.1),
        ("batch_size", 8),
        ("epochs", 3),
    ]
    assert len(setting) == 4
    with pytest.raises(KeyError):
        setting["momentum"]
    with pytest.raises(FrozenInstanceError):
        setting.network = LARGE  # type: ignore[misc]


def test_settings_of_equal_values_are_one_key() -> None:
    assert only() == only() == dict(only())
    assert len({only(), only(), only(LARGE), only(epochs=4)}) == 3


def test_a_grid_is_every_combination_and_the_last_name_changes_fastest() -> None:
    assert [tuple(setting.values()) for setting in grid([SMALL, LARGE], TRAINING)] == [
        (words, rate, 8, epochs)
        for words in ("gap dense", "conv4 gap dense")
        for rate in (0.1, 0.01)
        for epochs in (1, 2)
    ]


def test_a_label_names_what_varies() -> None:
    assert str(grid([SMALL], TRAINING)[-1]) == "learning rate 0.01, epochs 2"
    assert str(grid([SMALL, LARGE], TRAINING)[0]) == "gap dense, learning rate 0.1, epochs 1"
    assert str(only()) == "gap dense"
    labels = [setting.label for setting in grid([SMALL, LARGE], TRAINING)]
    assert len(set(labels)) == len(labels)


def test_a_recipe_is_of_the_settings_values() -> None:
    assert only().recipe("seed") == Recipe("seed", 0.1, 8, 3)
    assert only().recipe("seed", max_epochs=9, patience=2) == Recipe("seed", 0.1, 8, 9, 2)


def test_a_setting_without_a_use_is_an_error() -> None:
    unused = replace(only(), training={"learning_rate": 0.1, "batch_size": 8, "epochs": 3, "momentum": 0.5})
    with pytest.raises(TypeError, match="momentum"):
        unused.recipe("seed")
