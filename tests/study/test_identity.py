"""A study's identity: of content rather than place, and the same when a setting is added."""

from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

import pytest

from gossamer.checks import axis, real
from gossamer.files import canonical_json
from gossamer.search.neutral import NEUTRAL
from gossamer.study import DataSettings, SearchSettings, Study, TrainingSettings
from gossamer.study.identity import identity_of, spelled_out

HALVING = Study(
    DataSettings(subset=6000),
    search=SearchSettings(folds=3, repeats=2, strategy="halving", select="one-se"),
)

STUDIES = {
    "0bc9d5152e9fa8ca89a1e6af146bb2c21b0adc63dd5913e8ed736d811946efcd": Study(),
    "5723ea10a45a7094a90e665a0168601e1163b2b2092acbf2228674ea1b0640f2": HALVING,
}
"""Studies by the hash of their identity. None may ever change."""


def identity(study: Study) -> dict[str, Any]:
    return identity_of(study, train_fingerprint="train", test_fingerprint="test", numerics="engine 1")


def hash_of(study: Study) -> str:
    return sha256(canonical_json(identity(study)).encode()).hexdigest()


@dataclass(frozen=True)
class LaterTraining(TrainingSettings):
    """[training] with a setting that does not exist yet."""

    momentum: tuple[float, ...] = field(default=(0.5,), metadata={"check": axis(real(0, 1))})


@pytest.mark.parametrize("expected", STUDIES)
def test_identities_are_frozen(expected: str) -> None:
    assert hash_of(STUDIES[expected]) == expected


def test_a_new_setting_changes_no_identity_while_it_is_neutral(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEUTRAL, "training.momentum", 0.5)
    for expected, study in STUDIES.items():
        training = LaterTraining(**asdict(study.training))
        assert hash_of(replace(study, training=training)) == expected
        for momentum in ((0.6,), (0.5, 0.6)):
            assert hash_of(replace(study, training=replace(training, momentum=momentum))) != expected


def test_the_place_of_the_images_does_not_count() -> None:
    assert identity(Study(DataSettings("elsewhere", size="28x28"))) == identity(Study())


def test_an_identity_can_be_spelled_out_in_the_order_of_a_study_file() -> None:
    found = spelled_out(identity(Study()))["study"]
    assert list(found) == ["data", "network", "training", "search", "final", "run"]
    assert list(found["training"]) == list(asdict(TrainingSettings()))
    assert found["search"] == {
        "folds": 5,
        "holdout": 0.2,
        "stratified": True,
        "repeats": 1,
        "strategy": "grid",
        "select": "loss",
        "nested": False,
    }
