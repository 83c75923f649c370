"""A plan keeps the budgets and the time, and asks the images which recipes compete."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from gossamer import dataset_from_arrays
from gossamer.data import Dataset, open_source
from gossamer.errors import SettingError
from gossamer.network import Architecture, Budgets
from gossamer.planning import Plan, plan_auto
from gossamer.search import Fit
from gossamer.study import DataSettings, Study, StudyPlan, plan_study, study_from, to_toml

SMALL = Budgets(parameters=800)
DIGITS = Study(data=DataSettings("digits"))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return open_source("digits")


def measured(_: StudyPlan, fit: Fit, **__: object) -> float:
    """The same on every machine: a thousand million multiply-adds per second."""
    return 3e-9 * fit.network.multiply_adds


def plan_for(dataset: Dataset, minutes: float, budgets: Budgets = SMALL) -> Plan:
    return plan_auto(DIGITS, dataset, budgets, minutes, workers=2, measure=measured)


@pytest.mark.parametrize("minutes", [0.2, 1, 5])
def test_a_plan_keeps_the_time_and_the_budgets(digits: Dataset, minutes: float) -> None:
    plan = plan_for(digits, minutes)
    assert 0 < plan.seconds <= 60 * minutes
    for words in plan.study.network.layers:
        assert SMALL.share(Architecture.parse(words, digits.train.shape, 10)) <= 1
    assert plan_study(plan.study).search.settings


def test_more_time_means_more_settings_and_then_longer_fits(digits: Dataset) -> None:
    plans = [plan_for(digits, minutes) for minutes in (0.1, 1_000)]
    settings = [len(plan.study.network.layers) * len(plan.study.setting) for plan in plans]
    epochs = [plan.study.training.epochs[0] for plan in plans]
    assert settings[0] < settings[1]
    assert epochs[0] < epochs[1]
    assert plans[0].planned.more == (
        "more minutes would allow more networks and recipes and longer fits, of up to 200 epochs"
    )
    assert "larger budgets" in plans[1].planned.more


def test_a_plan_is_an_ordinary_study(digits: Dataset) -> None:
    study = plan_for(digits, 1).study
    assert study_from(tomllib.loads(to_toml(study))) == study
    assert (study.final.validation, study.final.patience, study.final.max_epochs) == (0, 0, 0)
    assert {each["flip"] for each in study.setting} == {("none",), ("alternating",)}


def test_uneven_classes_are_selected_by_balanced_accuracy(digits: Dataset) -> None:
    rows = np.flatnonzero((digits.train.labels > 0) | (np.arange(len(digits.train)) % 5 == 0))
    uneven = replace(digits, train=digits.train.take(rows))
    study = plan_for(uneven, 1_000).study
    assert study.search.select == "balanced-accuracy"
    weighted = [each.get("class_weights") == ("balanced",) for each in study.setting]
    assert weighted[0]
    assert weighted.count(False) == 1
    (only,) = plan_for(uneven, 0.01).study.setting
    assert only["class_weights"] == ("balanced",)


def test_few_images_ask_for_folds_and_many_for_a_hold_out() -> None:
    random = np.random.default_rng(0)

    def images(count: int) -> Dataset:
        pixels = random.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        labels = np.arange(count) % 3
        return dataset_from_arrays(pixels, labels, pixels[:30], labels[:30])

    folds = [plan_for(images(count), 1_000).study.search.folds for count in (300, 2_000, 6_000)]
    assert folds == [5, 3, 1]


def test_too_little_time_says_how_much_it_takes(digits: Dataset) -> None:
    with pytest.raises(SettingError, match=r"one epoch of '.*' takes longer than the time; allow"):
        plan_for(digits, 0.0001)
