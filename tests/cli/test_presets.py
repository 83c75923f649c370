"""`gossamer presets`, and `gossamer run --preset`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gossamer.presets import PRESETS, load_preset
from gossamer.study import read_study


def test_every_preset_has_a_line(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("presets")
    assert ran.code == 0, ran.err
    assert all(name in ran.out for name in PRESETS)
    rows = json.loads(gossamer("presets", "--json").out)
    assert [row["name"] for row in rows] == list(PRESETS)
    assert rows[0]["parameters"] == 20_490


def test_a_preset_prints_its_study_file(gossamer: Callable[..., Any], tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(gossamer("presets", "small-20k").out)
    assert read_study(study) == load_preset("small-20k")
    ran = gossamer("presets", "small-20k-")
    assert ran.code == 2
    assert "did you mean 'small-20k'" in ran.err


def test_a_preset_runs_on_other_images(gossamer: Callable[..., Any], idx_folder: Path) -> None:
    changes = ("--set", "training.epochs=1", "--set", "training.batch_size=4", "--set", "search.holdout=0.5")
    ran = gossamer("run", "--preset", "tiny-5k", "--data", str(idx_folder), *changes)
    assert ran.code == 0, ran.err
    assert "final fit: epoch 1 of 1, training loss" in ran.err
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith(f"tiny-5k-{idx_folder.name}-")
    results = json.loads((folder / "results.json").read_text())
    assert results["network"]["layers"].startswith("bn conv8 sep16 sep16+ sep16+ pool")


def test_a_preset_and_a_study_file_exclude_each_other(gossamer: Callable[..., Any], tiny_study: Path) -> None:
    ran = gossamer("run", str(tiny_study), "--preset", "report")
    assert ran.code == 2
    assert "exclude each other" in ran.err
