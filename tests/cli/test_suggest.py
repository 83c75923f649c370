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
