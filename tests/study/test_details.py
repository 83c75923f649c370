"""What the report shows of images: every class has its share of what may be shown."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TrainingSettings,
    plan_study,
    run_study,
)
from gossamer.study import details as details_module

BYTES = 64
"""Of an image of digits."""


def details_of(folder: Path, monkeypatch: pytest.MonkeyPatch, errors: int, samples: int) -> dict[str, Any]:
    """The details of a short study of digits, of which so many images may be shown."""
    monkeypatch.setattr(details_module, "ERROR_BYTES", errors * BYTES)
    monkeypatch.setattr(details_module, "SAMPLE_BYTES", samples * BYTES)
    study = Study(
        DataSettings("digits", subset=600),
        NetworkSettings(("conv4 pool dense",)),
        TrainingSettings(learning_rate=(0.01,), batch_size=(32,), epochs=(1,)),
        search=SearchSettings(folds=2),
        final=FinalSettings(max_epochs=2),
    )
    run_study(plan_study(study), StudyFolder(folder))
    found: dict[str, Any] = json.loads((folder / "details.json").read_text())
    return found


def pictured(gallery: dict[str, Any]) -> list[dict[str, Any]]:
    number = len(gallery["pixels"]) * 3 // 4 // BYTES
    return list(gallery["answers"][:number])


def test_the_images_are_dealt_over_all_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = details_of(tmp_path, monkeypatch, errors=20, samples=25)
    there = {answer["label"] for answer in found["correct"]["answers"]}
    counts = Counter(answer["label"] for answer in pictured(found["correct"]))
    assert len(there) >= 8
    assert set(counts) == there
    confused = Counter((answer["label"], answer["predicted"]) for answer in found["errors"]["answers"])
    shown = pictured(found["errors"])
    assert len({(answer["label"], answer["predicted"]) for answer in shown}) == min(20, len(confused))
    confidences = [answer["confidence"] for answer in shown]
    assert confidences == sorted(confidences, reverse=True)


def test_large_images_leave_room_for_one_of_every_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = details_of(tmp_path, monkeypatch, errors=12, samples=2)
    there = {answer["label"] for answer in found["correct"]["answers"]}
    assert {answer["label"] for answer in pictured(found["correct"])} == there
