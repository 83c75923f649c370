"""Who takes part in which round, and what becomes of those who fail; with corners that answer from a list."""

from collections.abc import Mapping

import pytest

from benchmarks.process import CHECK_IMAGES, Failure, Measured, Task
from benchmarks.record import Standing
from benchmarks.rounds import run_rounds

TASKS = [Task("training", 32), Task("evaluation")]


class Corner:
    """Each turn takes a second; `rates` are the images of turn after turn of any task but the check."""

    def __init__(self, rates: list[int], correct: int = 100) -> None:
        self.rates, self.correct, self.turns = rates, correct, list[str]()

    def measure(self, task: Task, seconds: float) -> Measured | Failure:  # noqa: ARG002
        if task.kind == "check":
            return Measured(CHECK_IMAGES, 1.0, 256, self.correct / CHECK_IMAGES)
        self.turns.append(str(task))
        images = self.rates[len(self.turns) - 1]
        return Measured(images, 1.0, 64, 0.5) if images else Failure("tired")


def play(corners: Mapping[str, Corner], standings: list[Standing], rounds: int = 2) -> None:
    run_rounds(corners, standings, TASKS, rounds=rounds, seconds=1.0)


def test_the_first_round_warms_up_and_the_others_count() -> None:
    standing, corner = Standing("a", "", 1), Corner([1, 2, 3, 4, 5, 6])
    play({"a": corner}, [standing])
    assert standing.rates == {"training, batch 32": [3, 5], "evaluation": [4, 6]}
    assert standing.evaluation_batch == 64


def test_who_does_not_train_is_asked_for_evaluation_alone() -> None:
    standing, corner = Standing("a", "", 1, trains=False), Corner([1, 2, 3])
    play({"a": corner}, [standing])
    assert corner.turns == ["evaluation"] * 3


def test_a_failure_is_on_record_and_ends_the_turns_of_that_contestant_alone() -> None:
    standings = [Standing("a", "", 1), Standing("b", "", 1)]
    corners = {"a": Corner([1, 2, 3, 0]), "b": Corner([1, 2, 3, 4, 5, 6])}
    play(corners, standings)
    assert standings[0].absent == "failed (tired)"
    assert len(corners["a"].turns) == 4
    assert standings[1].absent is None
    assert len(corners["b"].turns) == 6


def test_who_is_not_installed_stays_on_the_list() -> None:
    standings = [Standing("a", "", 1), Standing("b", "", 1, absent="not installed (b)")]
    play({"a": Corner([1] * 6)}, standings)
    assert standings[1].absent == "not installed (b)"
    assert standings[1].rates == {}


@pytest.mark.parametrize(("correct", "out"), [(105, False), (106, True), (0, True)])
def test_who_computes_another_network_is_out(correct: int, out: bool) -> None:
    standings = [Standing(name, "", 1) for name in "abc"]
    corners = {"a": Corner([1] * 6), "b": Corner([1] * 6), "c": Corner([1] * 6, correct)}
    play(corners, standings)
    assert [bool(standing.absent) for standing in standings] == [False, False, out]
    assert bool(standings[2].rates) != out
