"""The journal: what goes in comes out, what was tampered with does not, and what is no journal is refused."""

import sqlite3
from collections.abc import Callable
from dataclasses import astuple, replace
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.engine import TrainingState
from gossamer.errors import JournalError
from gossamer.search import Fit, FitOutcome, Journal, SearchPlan
from gossamer.training import Checkpoint, Epoch, Fitted, as_row

FIGURES = st.floats(allow_infinity=False) | st.sampled_from([nan, 0.1, 1 / 3])
WEIGHTS = {"dense.weight": np.array([[0.1, nan, -0.0]], np.float32), "dense.bias": np.zeros(1, np.float32)}
HISTORY = (Epoch(1, 2.5, 0.1, nan, 0.25, 0.2, nan), Epoch(2, 1 / 3, 0.5, 1e-300, 1.0, 1 / 7, 0.3))
OUTCOME = FitOutcome(Fitted(HISTORY, WEIGHTS), 1.25)


@pytest.fixture
def fit(plan: SearchPlan) -> Fit:
    return plan.all_fits[0]


@pytest.fixture
def other(plan: SearchPlan) -> Fit:
    return plan.all_fits[1]


def checkpoint(step: int) -> Checkpoint:
    moments = {name: np.full_like(array, step) for name, array in WEIGHTS.items()}
    return Checkpoint(
        TrainingState(WEIGHTS, {"first_moment": moments, "second_moment": moments}, step), HISTORY, moments
    )


def figures(history: tuple[Epoch, ...]) -> list[list[str]]:
    """To the last bit, NaN being NaN."""
    return [[float(value).hex() for value in astuple(epoch)] for epoch in history]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(rows=st.lists(st.tuples(*[FIGURES] * 6), min_size=1, max_size=4))
def test_an_outcome_comes_back_to_the_last_bit(
    tmp_path: Path, fit: Fit, rows: list[tuple[float, float, float, float, float, float]]
) -> None:
    history = tuple(Epoch(number, *row) for number, row in enumerate(rows, 1))
    with Journal(tmp_path / "journal.db") as journal:
        journal.add(fit, FitOutcome(Fitted(history, WEIGHTS), 0.5))
    with Journal(tmp_path / "journal.db") as journal:
        found = journal.find(fit)
    assert found is not None
    assert figures(found.fitted.history) == figures(history)
    assert [epoch.epoch for epoch in found.fitted.history] == [epoch.epoch for epoch in history]
    assert found.seconds == 0.5
    assert {name: array.tobytes() for name, array in found.fitted.weights.items()} == {
        name: array.tobytes() for name, array in WEIGHTS.items()
    }


def test_a_row_from_before_a_metric_is_still_read(
    tmp_path: Path, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(tmp_path / "journal.db") as journal, monkeypatch.context() as earlier:
        earlier.setattr("gossamer.search.journal.as_row", lambda epoch: as_row(epoch)[:-1])  # no macro-F1 yet
        journal.add(fit, OUTCOME)
    with Journal(tmp_path / "journal.db") as journal:
        found = journal.find(fit)
    assert found is not None
    assert figures(found.history) == figures(tuple(replace(epoch, val_macro_f1=nan) for epoch in HISTORY))


def test_only_what_was_done_is_found(tmp_path: Path, fit: Fit, other: Fit) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.find(fit) is None
        assert journal.seconds_of([fit, other]) == {}
        journal.add(fit, OUTCOME)
        assert journal.find(other) is None
        assert journal.find(replace(fit, label="by another name")) is not None
        assert journal.seconds_of([other, fit]) == {fit.key: 1.25}


def test_a_checkpoint_gives_way_to_the_next_and_to_the_outcome(tmp_path: Path, fit: Fit, other: Fit) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.find_checkpoint(fit) is None
        for step in (1, 2):
            journal.set_checkpoint(fit, checkpoint(step), float(step))
        journal.set_checkpoint(other, checkpoint(7), 7.0)
    with Journal(tmp_path / "journal.db") as journal:
        found = journal.find_checkpoint(fit)
        assert found is not None
        assert found[1] == 2.0
        assert found[0].state.step == 2
        before, after = checkpoint(2).to_arrays(), found[0].to_arrays()
        assert {name: array.tobytes() for name, array in before.items()} == {
            name: array.tobytes() for name, array in after.items()
        }
        assert figures(found[0].history) == figures(HISTORY)
        assert journal.find(fit) is None
        journal.add(fit, OUTCOME)
        assert journal.find_checkpoint(fit) is None
        assert journal.find_checkpoint(other) is not None


def test_an_opening_is_a_pair_and_is_recorded_once(tmp_path: Path) -> None:
    pairs = [("model b", "test"), ("model a", "test"), ("model b", "test"), ("model a", "another test")]
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.accesses() == []
        for pair in pairs:
            journal.record_access(*pair)
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.accesses() == sorted(set(pairs))


def test_a_journal_knows_its_study(tmp_path: Path, fit: Fit, other: Fit) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.identity() is None
        assert journal.planned() == []
        journal.set_study({"study": {"seed": 0}}, [fit])
        journal.set_study({"study": {"seed": 1, "name": "Löwe"}}, [other, fit])
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.identity() == {"study": {"seed": 1, "name": "Löwe"}}
        assert journal.planned() == [other.key, fit.key]


def test_what_was_recorded_outlives_the_process(tmp_path: Path, fit: Fit) -> None:
    """A journal that is never closed, as after a kill, holds all that was recorded."""
    journal = Journal(tmp_path / "journal.db")
    journal.add(fit, OUTCOME)
    journal.record_access("model", "test")
    with Journal(tmp_path / "journal.db") as after:
        assert after.find(fit) is not None
        assert after.accesses() == [("model", "test")]
    journal.__exit__(None, None, None)


def tamper(path: Path, statement: str, *values: Any) -> None:
    with sqlite3.connect(path) as database:
        assert database.execute(statement, values).rowcount == 1
    database.close()


def flipped(value: str | bytes | float, position: int) -> str | bytes | float:
    if isinstance(value, float):
        return float(np.nextafter(value, 9e9))
    if isinstance(value, str):
        at = position % len(value)
        return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    at = position % len(value)
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


@pytest.mark.parametrize("position", [0, 10, -1])
@pytest.mark.parametrize("column", ["record", "label", "history", "seconds", "arrays", "hash"])
@pytest.mark.parametrize("table", ["fits", "checkpoints"])
def test_a_flipped_bit_is_noticed_and_the_fit_named(
    tmp_path: Path, fit: Fit, table: str, column: str, position: int
) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.add(fit, OUTCOME)
        journal.set_checkpoint(fit, checkpoint(1), 1.0)
    with sqlite3.connect(path) as database:
        value = database.execute(f"SELECT {column} FROM {table}").fetchone()[0]  # noqa: S608
    database.close()
    tamper(path, f"UPDATE {table} SET {column} = ?", flipped(value, position))  # noqa: S608
    with Journal(path) as journal, pytest.raises(JournalError) as caught:
        journal.find(fit) if table == "fits" else journal.find_checkpoint(fit)
    label = flipped(fit.label, position) if column == "label" else fit.label
    assert str(caught.value) == (
        f"{path}: the row of {label!r} does not match its hash; the journal is damaged:"
        " restore it from a copy, or start again in another --out"
    )


def test_a_row_under_another_key_is_no_result(tmp_path: Path, fit: Fit, other: Fit) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.add(fit, OUTCOME)
    tamper(path, "UPDATE fits SET key = ?", other.key)
    with Journal(path) as journal:
        assert journal.find(fit) is None
        with pytest.raises(JournalError, match="does not match its hash"):
            journal.find(other)


@pytest.mark.parametrize("column", ["model", "test", "hash"])
def test_a_changed_opening_is_noticed(tmp_path: Path, column: str) -> None:
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        journal.record_access("model", "test")
    tamper(path, f"UPDATE openings SET {column} = 'x'")  # noqa: S608
    with (
        Journal(path) as journal,
        pytest.raises(JournalError, match="access does not match its hash"),
    ):
        journal.accesses()


def foreign(version: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE songs (name TEXT)")
            database.execute(f"PRAGMA user_version = {version}")
        database.close()

    return write


def cut(path: Path) -> None:
    with Journal(path) as journal:
        journal.record_access("model", "test")
    path.write_bytes(path.read_bytes()[:5_000])


NO_JOURNALS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "text": (lambda path: path.write_text("a journal of mine\n" * 99), "file is not a database"),
    "zeros": (lambda path: path.write_bytes(bytes(4096)), "file is not a database"),
    "a folder": (lambda path: path.mkdir(), "unable to open database file"),
    "cut short": (cut, "malformed"),
    "someone's songs": (foreign(0), "an SQLite file, but no gossamer journal"),
    "someone's songs of our format": (foreign(3), "no such table"),
    "an earlier gossamer's": (foreign(2), "a journal of format 2; this gossamer reads format 3"),
    "a later gossamer's": (foreign(4), "a journal of format 4; this gossamer reads format 3"),
    "nothing": (lambda path: path.touch(), "an empty file; the journal is damaged"),
}


@pytest.mark.parametrize("case", NO_JOURNALS)
def test_what_is_no_journal_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    make, expected = NO_JOURNALS[case]
    path = tmp_path / "journal.db"
    make(path)

    def use() -> None:
        with Journal(path) as journal:
            journal.identity()
            journal.accesses()

    with pytest.raises(JournalError) as caught:
        use()
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "\n" not in message
    assert "--out" in message


def test_a_journal_in_use_elsewhere_says_so(
    tmp_path: Path, fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = partial(sqlite3.connect, timeout=0.01)  # SQLite waits five seconds by itself
    monkeypatch.setattr("sqlite3.connect", impatient)
    path = tmp_path / "journal.db"
    with Journal(path) as journal:
        other = impatient(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="database is locked; what was finished is kept"):
            journal.add(fit, OUTCOME)
        other.close()
        journal.add(fit, OUTCOME)
        assert journal.find(fit) is not None
