"""`gossamer verify` and `gossamer compare`, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def finished(gossamer: Callable[..., Any], tiny_study: Path) -> Path:
    """A finished study's folder."""
    assert gossamer("run", str(tiny_study), "--workers", "1").code == 0
    return Path("runs/tiny-study")


def test_a_sound_study_is_verified(gossamer: Callable[..., Any], finished: Path) -> None:
    ran = gossamer("verify", str(finished))
    assert ran.code == 0, ran.err
    assert "numbers recomputed, all equal" in ran.out
    assert "not checked" in ran.out
    assert json.loads(gossamer("verify", str(finished), "--json").out)["accesses"] == 1


def test_a_number_altered_by_hand_is_named_in_one_line(gossamer: Callable[..., Any], finished: Path) -> None:
    text = (finished / "results.json").read_text()
    value = json.loads(text)
    value["test"]["accuracy"] = 1.0
    (finished / "results.json").write_text(json.dumps(value))
    ran = gossamer("verify", str(finished))
    assert ran.code == 1
    assert "test.accuracy is 1.0, recomputed it is" in ran.err.splitlines()[-1]


def test_data_that_moved_are_named(gossamer: Callable[..., Any], finished: Path, idx_folder: Path) -> None:
    moved = idx_folder.rename(idx_folder.parent / "moved")
    assert gossamer("verify", str(finished)).code == 1
    assert gossamer("verify", str(finished), "--data", str(moved)).code == 0


def test_studies_are_compared(gossamer: Callable[..., Any], finished: Path) -> None:
    ran = gossamer("compare", str(finished), str(finished), "--out", "both.html")
    assert ran.code == 0, ran.err
    assert "McNemar" in ran.out
    assert Path("both.html").is_file()
    assert gossamer("compare", str(finished)).code == 2
    found = json.loads(gossamer("compare", str(finished), str(finished), "--json").out)
    assert found["paired"][0]["p"] == 1
