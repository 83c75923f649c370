"""`gossamer auto`: a plan, a study of it, its model and exports; the folder's plan is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gossamer.study import read_study

LITTLE = ("auto", "digits", "--minutes", "0.1", "--max-parameters", "0.5k", "--workers", "1")


def test_from_pictures_to_a_model_and_its_exports(gossamer: Callable[..., Any]) -> None:
    ran = gossamer(*LITTLE, "--to", "html", "--max-ram", "32k")
    assert ran.code == 0, ran.err
    assert "plan: 1,438 training images of 8x8, grey; 10 classes of 139 to 146 each" in ran.err
    assert "test set    " in ran.out
    folder = Path("runs/auto-digits")
    assert (folder / "export" / "model.html").is_file()
    results = json.loads((folder / "results.json").read_text())
    assert results["network"]["parameters"] <= 500
    assert results["test"]["accesses"] == 1
    study, before = (folder / "study.toml").read_bytes(), (folder / "results.json").read_bytes()

    for options, said in {
        ("--minutes", "9"): "its minutes is 0.1, this one's 9.0",
        ("--max-ram", "16k"): "its max_ram is 32768, this one's 16384",
        ("--max-ram", "32k", "--seed", "1"): "its seed is 0, this one's 1",
        ("--max-ram", "32k", "--size", "9x9"): "its size is '', this one's '9x9'",
    }.items():
        refused = gossamer(*LITTLE, *options)
        assert refused.code == 1, refused.err
        assert said in refused.err

    again = gossamer(*LITTLE, "--max-ram", "32k")
    assert again.code == 0, again.err
    assert ((folder / "study.toml").read_bytes(), (folder / "results.json").read_bytes()) == (study, before)

    other = gossamer("run", str(folder / "study.toml"), "--out", "elsewhere", "--workers", "2")
    assert other.code == 0, other.err
    assert "holds a study that was not planned" in gossamer(*LITTLE, "--out", "elsewhere").err
    assert Path("elsewhere/results.json").read_bytes() == before


def test_a_dry_run_prints_the_study_file_alone(gossamer: Callable[..., Any], tmp_path: Path) -> None:
    ran = gossamer(*LITTLE, "--dry-run")
    assert ran.code == 0, ran.err
    (tmp_path / "study.toml").write_text(ran.out)
    assert read_study(tmp_path / "study.toml").data.source == "digits"
    assert "plan: about " in ran.err
    assert not Path("runs").exists()


def test_what_cannot_be_planned_is_said_in_a_line(gossamer: Callable[..., Any]) -> None:
    for options, said in {
        ("--max-ram", "60"): "no network of at most 60 bytes of RAM",
        (
            "--max-flash",
            "lots",
        ): "max-flash must be a whole number above 0, such as 20000, 20k or 3M",
        ("--minutes", "0"): "minutes must be above 0",
        ("--minutes", "0.0001"): "takes longer than the time; allow",
        ("--to", "coreml"): "--to must be one of onnx, onnx-int8, c, c-int8, html, torch, huggingface; got",
        ("--dry-run", "--json"): "give one of them",
    }.items():
        ran = gossamer("auto", "digits", *options)
        assert ran.code == 2, ran.err
        assert said in ran.err.splitlines()[-1]
