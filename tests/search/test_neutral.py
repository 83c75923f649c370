"""Keys leave out what is neutral: a new setting changes no key, and is part of it where it is not neutral."""

from dataclasses import asdict, dataclass, replace

import pytest

from gossamer.search import Fit
from gossamer.search.neutral import NEUTRAL, with_neutral, without_neutral
from gossamer.training import Recipe
from tests.search.test_fits import FIT, RECIPE

EARLY_STOPPED = replace(FIT, recipe=replace(RECIPE, max_epochs=50, patience=5))
NATIVE = replace(FIT, recipe=Recipe(RECIPE.seed, 0.01, 64, 1), engine="native")

KEYS = {
    "8d8f512445993cf2c7d56998412e66ac1ffaea221c2a633dc61b51baa1cda9d2": FIT,
    "5e032a997089679eca34c39a7dec64f4e8caf71c635ce2299f95ceecba341a00": EARLY_STOPPED,
    "ffc5640426d049e67ae1487853bb81221d0044f9090c5fecea984ed7d61a5829": NATIVE,
}
"""Fits by the keys that journals have them under. None may ever change."""


@dataclass(frozen=True)
class LaterRecipe(Recipe):
    """A recipe with a setting that does not exist yet."""

    momentum: float = 0.5


def later(fit: Fit, momentum: float) -> Fit:
    recipe = fit.recipe
    return replace(
        fit,
        recipe=LaterRecipe(
            recipe.seed,
            recipe.learning_rate,
            recipe.batch_size,
            recipe.max_epochs,
            recipe.patience,
            momentum=momentum,
        ),
    )


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_frozen(key: str) -> None:
    assert KEYS[key].key == key


def test_a_new_setting_changes_no_key_while_it_is_neutral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEUTRAL, "training.momentum", 0.5)
    for key, fit in KEYS.items():
        assert later(fit, 0.5).key == key
        assert later(fit, 0.6).key != key


def test_the_neutral_values_are_frozen() -> None:
    """Lines may be added here, and to the table; those that are here stay as they are."""
    assert NEUTRAL == {
        "data.subset": 0,
        "search.stratified": True,
        "search.repeats": 1,
        "search.strategy": "grid",
        "search.nested": False,
        "search.holdout": 0.2,
        "training.optimizer": "adam",
        "training.weight_decay": 0.0,
        "training.schedule": "constant",
        "training.label_smoothing": 0.0,
        "training.class_weights": "none",
        "training.ema": 0.0,
        "training.flip": "none",
        "training.shift": 0,
        "training.rotate": 0.0,
        "training.zoom": 0.0,
        "training.brightness": 0.0,
        "training.contrast": 0.0,
        "training.erase": 0,
    }


def test_a_recipe_is_neutral_where_nothing_is_said() -> None:
    recipe, written = asdict(RECIPE), {"seed", "learning_rate", "batch_size", "max_epochs", "patience"}
    assert with_neutral("training", {}) == {name: recipe[name] for name in recipe if name not in written}


def test_what_is_left_out_comes_back() -> None:
    neutral = {"stratified": True, "strategy": "grid", "nested": False, "holdout": 0.2}
    values = neutral | {"repeats": 2, "folds": 5}
    assert without_neutral("search", values) == {"repeats": 2, "folds": 5}
    assert with_neutral("search", {"repeats": 2, "folds": 5}) == values
    assert without_neutral("run", values) == values


def test_a_list_of_the_neutral_value_alone_is_neutral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEUTRAL, "training.momentum", 0.5)
    assert without_neutral("training", {"momentum": [0.5]}) == {}
    assert without_neutral("training", {"momentum": [0.5, 0.6]}) == {"momentum": [0.5, 0.6]}
