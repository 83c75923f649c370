"""A journal that was cut or of which a byte changed: recovered or refused by name, never silently wrong."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gossamer.data import LabelledImages
from gossamer.engine import Engine
from gossamer.errors import JournalError
from gossamer.search import Fit, Journal, SearchPlan, open_executor, run_search, run_task
from gossamer.search.tasks import FitPaused, Task

ACCESSES = [("model a", "test"), ("model b", "test")]
IDENTITY = {"study": {"seed": 0}}
Contents = dict[str, Any]


@pytest.fixture(scope="module")
def journal(
    plan: SearchPlan, engine: Engine, digits: LabelledImages, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A journal with a row of every kind."""
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    done = SearchPlan(plan.settings[:2], plan.fits[:2], plan.strategy)
    with Journal(path) as made:
        made.set_study(IDENTITY, plan.all_fits)
        run_search(done, made, open_executor(engine, digits, 1))
        begun = run_task(engine, digits, Task(plan.all_fits[-1], pause_after=1))
        assert isinstance(begun, FitPaused)
        made.set_checkpoint(plan.all_fits[-1], begun.checkpoint, begun.seconds)
        for access in ACCESSES:
            made.record_access(*access)
    return path


def contents(path: Path, fits: Sequence[Fit]) -> Contents:
    """All that a study would read of it."""
    with Journal(path) as journal:
        found: Contents = {
            "identity": journal.identity(),
            "planned": journal.planned(),
            "accesses": journal.accesses(),
        }
        for fit in fits:
            if (outcome := journal.find(fit)) is not None:
                weights = {name: array.tobytes() for name, array in outcome.fitted.weights.items()}
                found[fit.key] = (repr(outcome.fitted.history), weights)
            if (checkpoint := journal.find_checkpoint(fit)) is not None:
                arrays = checkpoint[0].to_arrays()
                found[f"{fit.key} begun"] = {name: array.tobytes() for name, array in arrays.items()}
        return found


def survey(journal: Path, fits: Sequence[Fit], folder: Path, damaged: Iterable[bytes]) -> Counter[str]:
    """What became of each damaged journal; anything but the truth or a refusal fails."""
    truth, verdicts = contents(journal, fits), Counter[str]()
    path = folder / "journal.db"
    for content in damaged:
        path.write_bytes(content)
        try:
            found = contents(path, fits)
        except JournalError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017 - one of two ways out
            verdicts["refused"] += 1
        else:
            assert found == truth
            verdicts["unharmed"] += 1
    return verdicts


def cuts(content: bytes, at: Iterable[int]) -> Iterable[bytes]:
    return (content[:offset] for offset in at)


def flips(content: bytes, at: Iterable[int]) -> Iterable[bytes]:
    """One bit of a byte, another from byte to byte."""
    return (
        content[:offset] + bytes([content[offset] ^ 1 << offset % 8]) + content[offset + 1 :] for offset in at
    )


def test_a_cut_journal_is_refused(journal: Path, plan: SearchPlan, tmp_path: Path) -> None:
    content = journal.read_bytes()
    pages = range(0, len(content), 4096)
    sample = {*pages, *np.random.default_rng(0).integers(0, len(content), 100).tolist()}
    verdicts = survey(journal, plan.all_fits, tmp_path, cuts(content, sorted(sample)))
    assert verdicts == {"refused": len(sample)}


def test_a_flipped_bit_is_refused_or_harmless(journal: Path, plan: SearchPlan, tmp_path: Path) -> None:
    content = journal.read_bytes()
    header = range(100)
    sample = {*header, *np.random.default_rng(0).integers(0, len(content), 300).tolist()}
    verdicts = survey(journal, plan.all_fits, tmp_path, flips(content, sorted(sample)))
    assert verdicts["refused"] > verdicts["unharmed"] / 2  # much of a page is empty


@pytest.mark.stress
def test_every_cut_is_refused(journal: Path, plan: SearchPlan, tmp_path: Path) -> None:
    content = journal.read_bytes()
    verdicts = survey(journal, plan.all_fits, tmp_path, cuts(content, range(len(content))))
    assert verdicts == {"refused": len(content)}


@pytest.mark.stress
def test_every_flip_is_refused_or_harmless(
    journal: Path, plan: SearchPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = journal.read_bytes()
    verdicts = survey(journal, plan.all_fits, tmp_path, flips(content, range(len(content))))
    with capsys.disabled():
        print(f"\n{len(content):,} bytes, each flipped: {dict(verdicts)}")  # noqa: T201
    assert verdicts["refused"] > 0
