"""A fit's key sees all that decides its result and nothing else; the fits of a search are paired."""

from collections import defaultdict
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gossamer.data import LabelledImages, Split, folds
from gossamer.engine import Engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Fit, SearchPlan, grid, plan_search
from gossamer.search.fits import Distillation
from gossamer.seeds import derive_seed
from gossamer.training import Recipe

SPLIT = Split(np.array([0, 1, 4]), np.array([2, 3]))
RECIPE = Recipe(derive_seed("fit"), 0.001, 32, 10, None)
FIT = Fit(
    "f" * 64,
    SPLIT,
    Architecture.parse("pool dense", (8, 8, 1), 10),
    Scaling(),
    RECIPE,
    "torch",
    "v1",
    "a fit",
)


def network(words: str = "pool dense", shape: tuple[int, int, int] = (8, 8, 1), classes: int = 10) -> Any:
    return Architecture.parse(words, shape, classes)


# Every field of a fit but its label, with values that are not `FIT`'s.
OTHERS: dict[str, list[Any]] = {
    "train_fingerprint": ["e" * 64],
    "split": [
        Split(np.array([0, 1]), np.array([2, 3])),
        Split(np.array([0, 1, 2]), np.array([3, 4])),
        Split(np.array([0, 1]), np.array([4, 2, 3])),  # the same rows in a row, cut elsewhere
        Split(np.array([0, 1, 4, 2]), np.array([3])),
    ],
    "network": [network("gap dense"), network(shape=(9, 8, 1)), network(classes=9)],
    "scaling": [Scaling(0, 1), Scaling(-1, 255)],
    "recipe": [
        replace(RECIPE, seed=derive_seed("other")),
        replace(RECIPE, learning_rate=0.0010000000000000002),
        replace(RECIPE, batch_size=33),
        replace(RECIPE, max_epochs=11),
        replace(RECIPE, patience=10),
        replace(RECIPE, optimizer="adamw"),
        replace(RECIPE, weight_decay=0.1),
        replace(RECIPE, schedule="cosine"),
        replace(RECIPE, label_smoothing=0.1),
        replace(RECIPE, class_weights="balanced"),
        replace(RECIPE, ema=0.99),
        replace(RECIPE, flip="horizontal"),
        replace(RECIPE, shift=1),
        replace(RECIPE, rotate=1.0),
        replace(RECIPE, zoom=0.1),
        replace(RECIPE, brightness=0.1),
        replace(RECIPE, contrast=0.1),
        replace(RECIPE, erase=1),
    ],
    "engine": ["native"],
    "numerics": ["v2"],
    "teacher": [
        Distillation(FIT, 2.0, 0.0),
        Distillation(FIT, 3.0, 0.0),
        Distillation(FIT, 2.0, 0.5),
        Distillation(replace(FIT, numerics="v2"), 2.0, 0.0),
    ],
}


def test_the_table_names_every_field() -> None:
    """A field added to a fit must be added here, and to the key."""
    assert OTHERS.keys() | {"label"} == {field.name for field in fields(Fit)}
    recipes = {
        field.name
        for other in OTHERS["recipe"]
        for field in fields(Recipe)
        if getattr(other, field.name) != getattr(RECIPE, field.name)
    }
    assert recipes == {field.name for field in fields(Recipe)}


def test_the_key_changes_with_all_that_decides_the_result() -> None:
    others = [replace(FIT, **{name: value}) for name, values in OTHERS.items() for value in values]
    keys = {other.key for other in others}
    assert len(keys) == len(others)
    assert FIT.key not in keys


def test_the_key_is_the_same_for_the_same_fit_by_another_name() -> None:
    same = replace(
        FIT, label="another", split=Split(SPLIT.train.copy(), SPLIT.validation.copy()), recipe=replace(RECIPE)
    )
    assert same.key == FIT.key
    assert same.record == FIT.record


def test_the_key_is_frozen() -> None:
    """Were it to change, every journal would have to be done again."""
    assert FIT.key == "8d8f512445993cf2c7d56998412e66ac1ffaea221c2a633dc61b51baa1cda9d2"


@pytest.fixture(scope="module")
def wide(digits: LabelledImages, engine: Engine) -> SearchPlan:
    """Two networks, two rates, two batch sizes on three folds, twice."""
    networks = [Architecture.parse(words, digits.shape, 10) for words in ("pool dense", "gap dense")]
    repeats = [folds(digits, count=3, stratified=True, repeat=i, seed="0") for i in range(2)]
    settings = grid(networks, {"learning_rate": [0.1, 0.01], "batch_size": [8, 16], "epochs": [2]})
    return plan_search(digits, repeats, settings, engine, Scaling(), seed="0")


def test_cells_are_compared_on_the_same_folds_starts_and_orders(wide: SearchPlan) -> None:
    assert [len(row) for row in wide.fits] == [6] * 8
    columns = list(zip(*wide.fits, strict=True))
    for column in columns:
        assert len({fit.split.validation.tobytes() for fit in column}) == 1
        seeds = defaultdict(set)
        for fit in column:
            seeds[fit.network.words].add(fit.recipe.seed)
        assert [len(found) for found in seeds.values()] == [1, 1]
    for column, other in pairwise(columns):
        assert column[0].split.validation.tobytes() != other[0].split.validation.tobytes()
    assert len({fit.recipe.seed for fit in wide.all_fits}) == 6 * 2
    assert len({fit.key for fit in wide.all_fits}) == 6 * 8
    assert len({fit.label for fit in wide.all_fits}) == 6 * 8


def test_the_fits_are_those_of_their_settings(wide: SearchPlan) -> None:
    for setting, row in zip(wide.settings, wide.fits, strict=True):
        for fit in row:
            assert fit.network == setting.network
            assert (fit.recipe.learning_rate, fit.recipe.batch_size) == (
                setting["learning_rate"],
                setting["batch_size"],
            )
            assert (fit.recipe.max_epochs, fit.recipe.patience) == (2, None)
            assert str(setting) in fit.label


def test_a_grid_is_every_combination_once(wide: SearchPlan) -> None:
    cells = [(c["layers"], c["learning_rate"], c["batch_size"]) for c in wide.settings]
    assert cells == [(w, r, b) for w in ("pool dense", "gap dense") for r in (0.1, 0.01) for b in (8, 16)]


def test_a_changed_grid_or_study_keeps_what_is_the_same(
    digits: LabelledImages, engine: Engine, wide: SearchPlan
) -> None:
    def keys(rates: list[float], sizes: list[int], *, epochs: int = 2, seed: str = "0") -> set[str]:
        networks = [Architecture.parse("gap dense", digits.shape, 10)]
        repeats = [folds(digits, count=3, stratified=True, repeat=0, seed="0")]
        settings = grid(networks, {"learning_rate": rates, "batch_size": sizes, "epochs": [epochs]})
        plan = plan_search(digits, repeats, settings, engine, Scaling(), seed=seed)
        return {fit.key for fit in plan.all_fits}

    known = {fit.key for fit in wide.all_fits}
    assert len(keys([0.01], [16]) & known) == 3
    assert len(keys([0.01, 0.2], [4, 16]) & known) == 3
    assert not keys([0.01], [16], epochs=3) & known
    assert not keys([0.01], [16], seed="1") & known
