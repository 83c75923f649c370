"""Training gives the bits on record: a change of structure changes none of them.

`hashes.json` holds them by the engine's numerics, for PyTorch with the processor's maker, by which its
libraries choose their code. A machine that is not on record skips; `python -m tests.golden.baseline REVISION`
compares two revisions on any machine. Whoever changes bits on purpose raises the engine's version.
"""

import json
from pathlib import Path

import pytest

from tests.golden.bits import NETWORKS, key, runnable, study_hash, weights_hash

RECORDED: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "hashes.json").read_text())
ENGINES = runnable()


@pytest.fixture(params=ENGINES, ids=lambda each: " ".join(each).strip(), name="engine")
def _engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    engine: tuple[str, str] = request.param
    if key(*engine) not in RECORDED:
        pytest.skip(f"no bits on record for {key(*engine)}")
    return engine


@pytest.mark.parametrize("name", NETWORKS)
def test_an_epoch_gives_the_weights_on_record(name: str, engine: tuple[str, str]) -> None:
    found = {weights_hash(name, *engine, threads=threads) for threads in (1, 2)}
    assert found == {RECORDED[key(*engine)][name]}


def test_a_study_gives_the_figures_on_record(engine: tuple[str, str]) -> None:
    assert study_hash(*engine) == RECORDED[key(*engine)]["a study"]
