"""A study with duplicates: they share a fold, are reported before the first fit, and scored separately."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gossamer.study import DataSettings, Study, StudyFolder, plan_study, run_study
from gossamer.study.events import DuplicatesFound, Event, RungStarted, StudyStarted
from gossamer.study.record.results import Duplicates, WithoutDuplicates

IdxBytes = Callable[[NDArray[np.uint8]], bytes]


def images(*contents: int) -> NDArray[np.uint8]:
    """A random 4x5 image for each number, the same for the same."""
    return np.stack(
        [np.random.default_rng(content).integers(0, 256, (4, 5), dtype=np.uint8) for content in contents]
    )


@pytest.fixture
def with_duplicates(idx_bytes: IdxBytes, study: Study, tmp_path: Path) -> Study:
    """Training: 0 to 11, and 0, 1 and 2 again, 2 under another label. Test: 0, 1, 13, 14 and 12 twice."""
    folder = tmp_path / "duplicates"
    folder.mkdir()
    parts = {
        "train-images-idx3-ubyte": images(*range(12), 0, 1, 2),
        "train-labels-idx1-ubyte": np.array([*(number % 3 for number in range(12)), 0, 1, 0], np.uint8),
        "t10k-images-idx3-ubyte": images(0, 1, 12, 12, 13, 14),
        "t10k-labels-idx1-ubyte": np.array([0, 0, 1, 1, 2, 2], np.uint8),
    }
    for name, array in parts.items():
        (folder / name).write_bytes(idx_bytes(array))
    return replace(study, data=DataSettings(str(folder)))


def test_they_are_counted_reported_before_the_first_fit_and_scored_separately(
    with_duplicates: Study, tmp_path: Path
) -> None:
    plan, events = plan_study(with_duplicates), list[Event]()
    found = run_study(plan, StudyFolder(tmp_path / "a"), observer=events.append)
    assert found.data.duplicates == Duplicates(train=6, test=2, across=2, contradicting=2)
    assert [type(event) for event in events[:3]] == [StudyStarted, DuplicatesFound, RungStarted]
    assert sum(isinstance(event, DuplicatesFound) for event in events) == 1
    assert events[1] == DuplicatesFound(plan.duplicates)
    test, without = found.test, found.test.without_duplicates
    assert (test.n, without.n) == (6, 4)
    assert 0 <= test.correct - without.correct <= 2
    assert without.accuracy == without.correct / 4


def test_no_split_of_the_plan_separates_duplicates(with_duplicates: Study) -> None:
    plan = plan_study(with_duplicates)
    for split in [*(fit.split for fit in plan.search.all_fits), plan.procedure.final_split]:
        trained = {plan.train.images[row].tobytes() for row in split.train}
        assert not any(plan.train.images[row].tobytes() in trained for row in split.validation)


def test_a_test_set_of_duplicates_alone_leaves_nothing_to_score_separately(
    with_duplicates: Study, idx_bytes: IdxBytes, tmp_path: Path
) -> None:
    path = Path(with_duplicates.data.source) / "t10k-images-idx3-ubyte"
    path.write_bytes(idx_bytes(images(0, 1, 2, 3, 4, 5)))
    found = run_study(plan_study(with_duplicates), StudyFolder(tmp_path / "a"))
    assert found.test.n == 6
    assert found.test.without_duplicates == WithoutDuplicates(n=0, correct=0, accuracy=None)


def test_only_the_duplicates_of_the_images_used_count(with_duplicates: Study) -> None:
    search, final = (
        replace(with_duplicates.search, stratified=False),
        replace(with_duplicates.final, validation=0.5),
    )
    part = replace(with_duplicates, data=replace(with_duplicates.data, subset=6), search=search, final=final)
    plan = plan_study(part)
    used = [image.tobytes() for image in plan.train.images]
    assert plan.duplicates.train == sum(used.count(image) > 1 for image in used)
    assert plan.duplicates.across == sum(image.tobytes() in used for image in images(0, 1, 12, 12, 13, 14))


def test_without_duplicates_nothing_is_reported_and_both_scores_are_one(study: Study, tmp_path: Path) -> None:
    events = list[Event]()
    found = run_study(plan_study(study), StudyFolder(tmp_path / "a"), observer=events.append)
    assert found.data.duplicates == Duplicates(train=0, test=0, across=0, contradicting=0)
    assert not any(isinstance(event, DuplicatesFound) for event in events)
    test = found.test
    assert test.without_duplicates == WithoutDuplicates(test.n, test.correct, test.accuracy)
