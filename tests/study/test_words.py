"""What people read of how settings were scored, and of recipes: neither more nor less than is so."""

from typing import Any

import pytest

from gossamer.data import FLIPS
from gossamer.engine import SLOTS
from gossamer.search import with_neutral
from gossamer.study import recipe_words, words
from gossamer.study.record import Results, Setting, decode
from gossamer.training import CLASS_WEIGHTS, SCHEDULES
from tests.made_up_results import made_up_results

PLAIN: dict[str, Any] = {"layers": "dense", "learning_rate": 0.01, "batch_size": 64, "epochs": 6}


def searched(folds: int, repeats: int, holdout: float | None = None) -> Results:
    results = made_up_results(parameters=1, model="")
    results["data"]["train"] = 1_000
    results["search"].update(folds=folds, repeats=repeats, holdout=holdout)
    return decode(Results, results)


@pytest.mark.parametrize(
    ("search", "parts", "scoring", "spread"),
    [
        ((5, 1), "5 folds", "5-fold cross validation on 1,000 training images", True),
        ((3, 2), "3 folds in 2 repeats", "3-fold cross validation on 1,000 training images", True),
        ((1, 1, 0.2), "one hold-out", "one hold-out of 20% of 1,000 training images", False),
        ((1, 2, 0.125), "2 hold-outs", "2 hold-outs, each of 12.5% of 1,000 training images", True),
    ],
)
def test_how_settings_were_scored(search: tuple[Any, ...], parts: str, scoring: str, spread: bool) -> None:
    results = searched(*search)
    assert (words.parts(results), words.scoring(results), words.has_spread(results)) == (
        parts,
        scoring,
        spread,
    )


def test_a_plain_recipe_needs_no_words() -> None:
    plain = Setting(with_neutral("training", PLAIN))
    assert recipe_words.recipe(plain) == []
    assert recipe_words.recipe_in_words(plain) == ""
    assert recipe_words.augmentation(plain) == ""
    assert recipe_words.trained_on(plain, validated=True) == ""


def test_a_recipe_is_told_in_the_order_of_a_study_file() -> None:
    values = {"flip": "alternating", "ema": 0.99, "schedule": "cosine", "shift": 2, "contrast": 0.0}
    setting = Setting(PLAIN | values)
    names = [row.name for row in recipe_words.recipe(setting)]
    assert names == ["learning_rate", "batch_size", "epochs", "schedule", "ema", "flip", "shift"]
    assert recipe_words.recipe_in_words(setting) == "schedule cosine, ema 0.99, flip alternating, shift 2"
    assert (
        recipe_words.augmentation(setting)
        == "mirrored in every second epoch and shifted by up to 2 px each way"
    )
    assert recipe_words.trained_on(setting, validated=False) == "Training figures are of augmented views."
    said = recipe_words.trained_on(Setting(PLAIN | {"label_smoothing": 0.1, "ema": 0.9}), validated=True)
    assert said == (
        "Training figures are of smoothed labels, validation figures of plain images and labels."
        " Validation figures are of the moving average of the weights."
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_means_what_its_schedule_makes_of_it(schedule: str) -> None:
    rows = recipe_words.recipe(Setting(PLAIN | {"schedule": schedule, "ema": 0.9}))
    assert rows[0].meaning == recipe_words.RATES[schedule]


def test_every_value_of_a_recipe_has_words() -> None:
    other: dict[str, list[Any]] = {
        "optimizer": [*SLOTS][1:],
        "schedule": [*SCHEDULES][1:],
        "class_weights": [*CLASS_WEIGHTS][1:],
        "flip": [*FLIPS][1:],
    }
    for name in with_neutral("training", {}):
        for value in other.get(name, [0.5]):
            (row,) = [row for row in recipe_words.recipe(Setting(PLAIN | {name: value})) if row.name == name]
            assert row.meaning, (name, value)


def test_words_of_another_version_are_shown_as_they_are() -> None:
    setting = Setting(PLAIN | {"flip": "vertical", "schedule": "steps", "later": True})
    assert [(row.name, row.meaning) for row in recipe_words.recipe(setting)[3:]] == [
        ("schedule", ""),
        ("flip", "mirrored vertical"),
        ("later", ""),
    ]
