"""Where fits run changes no byte of the results."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gossamer.study import RunSettings, Study, StudyFolder, plan_study, run_study

ELSEWHERE = [("native", "threads"), ("native", "processes"), ("torch", "processes")]


def results(study: Study, path: Path, **options: Any) -> bytes:
    run_study(plan_study(study), StudyFolder(path), **options)
    return (path / "results.json").read_bytes()


@pytest.mark.parametrize(("engine", "executor"), ELSEWHERE)
def test_an_executor_changes_no_byte(study: Study, tmp_path: Path, engine: str, executor: str) -> None:
    study = replace(study, run=RunSettings(engine=engine))
    here = results(study, tmp_path / "here")
    assert results(study, tmp_path / "there", workers=2, executor=executor) == here


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_ray_changes_no_byte(study: Study, tmp_path: Path, engine: str, ray_cluster: Any) -> None:
    study = replace(study, run=RunSettings(engine=engine))
    here = results(study, tmp_path / "here")
    assert results(study, tmp_path / "there", workers=1, executor="ray") == here
