"""The command on the smallest budget, without Ray, which tests/search/test_ray.py starts."""

import json
from pathlib import Path

import pytest

from benchmarks import executors
from benchmarks.figures import Spread


def test_it_measures_every_executor_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gossamer.engine._native")
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- executors: begin --><!-- executors: end -->\n")
    budget = ["--fits", "3", "--rounds", "2", "--random", "--images", "300", "--only", "auto", "processes"]
    assert executors.main([*budget, "--json", "record.json", "--markdown", str(page)]) == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert list(record["overheads"]) == ["inline", "processes"]
    assert record["overheads"]["inline"]["driver"] is None
    assert record["overheads"]["processes"]["driver"]["median"] > 0
    assert record["bytes"]["outcome"] > 4 * 20_490
    assert record["bytes"]["task"] < 5_000
    assert "| processes |" in page.read_text()
    assert "worked out" not in page.read_text()


def test_the_example_is_the_arithmetic_of_the_medians() -> None:
    def exactly(value: float) -> Spread:
        return Spread(value, value, value)

    ray = executors.Overhead(exactly(5.0), exactly(8.0), exactly(4.0))
    lines = executors.example(ray, exactly(1.0), exactly(16.0), {"outcome": 80_000})
    assert [line.split(" = ")[1] for line in lines if " = " in line] == [
        "42 min",
        "1.2 s",
        "50 s of one core, 2.0% of the time; it would be busy all the time with about 3,200 cores",
        "800 MB, 0.32 MB a second into the driver",
    ]
