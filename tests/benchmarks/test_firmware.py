"""Every network of the table can be trained and exported; one is, from end to end, if it can be emulated."""

import json
from pathlib import Path

import pytest

from benchmarks.cortex_m import BOARDS, missing_tools
from benchmarks.firmware import cases, main
from gossamer.presets import PRESETS
from gossamer.study import plan_study


def test_every_case_is_one_setting_of_the_training_images() -> None:
    studies = cases(2_000, 3)
    assert {*PRESETS, "ResNet-8", "sep", "inv"} <= set(studies)
    for study in studies.values():
        plan = plan_study(study)
        fit = plan.procedure.final_fit(plan.search.settings[0])
        assert len(plan.search.settings) == 1
        assert (len(fit.split.train), len(fit.split.validation)) == (1_500, 500)


@pytest.mark.stress
def test_a_network_goes_onto_every_core(tmp_path: Path) -> None:
    if missing := missing_tools():
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    file = tmp_path / "record.json"
    budget = ["--only", "report", "--images", "800", "--epochs", "1", "--finetune", "1"]
    assert main([*budget, "--json", str(file)]) == 0
    (found,) = json.loads(file.read_text())
    assert found["images"] == 200
    assert set(found["instructions"]) == set(BOARDS)
    assert min(found["accuracies"]) > 0.1
