"""`gossamer suggest`: its line can be pasted into a study file."""

import json
import tomllib
from collections.abc import Callable
from typing import Any

from gossamer.study import study_from


def test_its_line_is_one_of_a_study_file(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("suggest", "digits", "--max-parameters", "3000", "--count", "3")
    assert ran.code == 0, ran.err
    study = study_from(tomllib.loads(ran.out[ran.out.index("[network]") :]))
    found = json.loads(
        gossamer("suggest", "digits", "--max-parameters", "3000", "--count", "3", "--json").out
    )
    assert list(study.network.layers) == [each["layers"] for each in found["networks"]]
    assert len(study.network.layers) == 3
    assert all(each["parameters"] <= 3000 and min(each["last_map"]) > 0 for each in found["networks"])


def test_a_budget_too_small_is_one_line(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("suggest", "digits", "--max-parameters", "3")
    assert ran.code == 2
    assert "no network of at most 3 parameters; the smallest" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_other_budgets_are_kept_and_none_at_all_is_one_line(gossamer: Callable[..., Any]) -> None:
    words = ["suggest", "digits", "--max-multiply-adds", "50000", "--max-ram", "1000"]
    ran = gossamer(*words)
    assert ran.code == 0, ran.err
    assert "at most 50,000 multiply-adds and 1,000 bytes of RAM" in ran.out
    for each in json.loads(gossamer(*words, "--json").out)["networks"]:
        assert each["multiply_adds"] <= 50_000
        assert each["activation_bytes"] <= 1_000
    ran = gossamer("suggest", "digits")
    assert ran.code == 2
    assert "no budget" in ran.err
    assert len(ran.err.splitlines()) == 1
