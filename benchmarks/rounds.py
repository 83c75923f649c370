"""Everyone's turn, again and again: contestants are interleaved, so that a slow minute is everyone's."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median_low

from benchmarks.process import CHECK_IMAGES, Corner, Failure, Task
from benchmarks.record import Standing

TOLERANCE = 5
"""Images whose two best logits are so near that rounding decides; seldom one."""

OnTurn = Callable[[int, Task, str], None]
"""Told of the round (0 warms up), the task and the contestant, before each turn."""


def run_rounds(
    corners: Mapping[str, Corner],
    standings: Sequence[Standing],
    tasks: Sequence[Task],
    *,
    rounds: int,
    seconds: float,
    on_round: Callable[[], None] = lambda: None,
    on_turn: OnTurn = lambda *_: None,
) -> None:
    """Fill in the standings of those who have a corner.

    Before anything is measured, all classify the same images with the starting weights: who does not agree
    with the others computes another network, and is out.

    A round is every task by every contestant, task by task, about `seconds` a measurement. Round 0 warms
    everyone up and does not count. Who fails is out from then on, and the failure is on record.

    Args:
        corners: where contestants take their turns, by name.
        standings: one a contestant; those without a corner are left alone.
        tasks: what is measured; evaluation alone for who does not train.
        rounds: how many count.
        seconds: of a measurement.
        on_round: called before each round that counts.
        on_turn: called before each turn.
    """
    _check(corners, standings, on_turn)
    for number in range(rounds + 1):
        if number:
            on_round()
        for task in tasks:
            for standing in standings:
                if standing.name not in corners or standing.absent or not _does(standing, task):
                    continue
                on_turn(number, task, standing.name)
                measured = corners[standing.name].measure(task, seconds)
                if isinstance(measured, Failure):
                    standing.absent = f"failed ({measured.reason})"
                elif number:
                    standing.rates.setdefault(str(task), []).append(measured.rate)
                    standing.results[str(task)] = measured.result
                    if task.kind == "evaluation":
                        standing.evaluation_batch = measured.batch_size


def _check(corners: Mapping[str, Corner], standings: Sequence[Standing], on_turn: OnTurn) -> None:
    task, correct = Task("check"), dict[str, int]()
    for standing in standings:
        if standing.name in corners:
            on_turn(0, task, standing.name)
            measured = corners[standing.name].measure(task, 0)
            if isinstance(measured, Failure):
                standing.absent = f"failed ({measured.reason})"
            else:
                correct[standing.name] = round(measured.result * measured.images)
    for standing in standings:
        found = correct.get(standing.name)
        if found is not None and abs(found - (usual := median_low(correct.values()))) > TOLERANCE:
            standing.absent = (
                f"failed (of {CHECK_IMAGES} images it classifies {found} correctly with the starting weights,"
                f" most others {usual})"
            )


def _does(standing: Standing, task: Task) -> bool:
    return standing.trains or task.kind == "evaluation"
