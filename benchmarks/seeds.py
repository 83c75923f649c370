"""The test accuracy of final fits that differ in the study's seed alone: `python -m benchmarks.seeds`.

Each is the final fit of the report's study at learning rate 0.001 and batch size 64, with another seed:
another hold-out, other starting weights, other orders. There is no search before it. **This benchmark opens
the test set once a seed**, by `gossamer.evaluation` and on record in a journal of its own, which is thrown
away. It is no part of a study: nothing may be chosen by what it prints.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.machine import cores, machine, versions
from gossamer.engine import ENGINES
from gossamer.evaluation import score_test_set
from gossamer.network import Model
from gossamer.search import Fit, Journal, do_tasks, open_executor, resume
from gossamer.study import (
    DataSettings,
    RunSettings,
    Study,
    StudyPlan,
    TrainingSettings,
    plan_study,
)

SECTION = "seeds"
REPORTED = Study(training=TrainingSettings(learning_rate=(0.001,), batch_size=(64,)))
"""The report's study with one setting in its grid."""


@dataclass(frozen=True)
class SeedResult:
    """One final fit: how long it trained, and how it did on the test set."""

    seed: int
    parameters: int
    epochs: int
    best_epoch: int
    val_loss: float
    val_accuracy: float
    test_accuracy: float
    test_loss: float
    seconds: float


def fit_seeds(
    study: Study, seeds: Sequence[int], journal: Journal, *, workers: int, setting: int = 0
) -> list[SeedResult]:
    """Do the final fit of `study` with every seed, `workers` at a time, and score each on the test set.

    The study uses all training images, so that they are the same for every seed. Fits that the journal holds
    are not done again.

    Args:
        study: the study.
        seeds: which.
        journal: keeps the fits, and the accesses to the test set.
        workers: fits at once, or threads where there are fewer fits.
        setting: the number of the study's setting that is fitted.

    Raises:
        DataError, EngineError, SettingError: as `plan_study`.
        WorkerError: a fit could not be done.
    """
    fits: dict[int, Fit] = {}
    for seed in seeds:
        plan = plan_study(replace(study, run=replace(study.run, seed=seed)))
        fit = plan.procedure.final_fit(plan.search.settings[setting])
        fits[seed] = replace(fit, label=f"seed {seed}")
    tasks = [resume(journal, fit) for fit in fits.values() if journal.find(fit) is None]
    # the last plan's data and engine are every plan's
    with closing(open_executor(plan.engine, plan.train, workers)) as executor:
        do_tasks(
            tasks, journal, executor, on_done=lambda fit, done: say(f"{fit.label}: {done.seconds:.0f} s")
        )
    return [_score(seed, fit, plan, journal) for seed, fit in fits.items()]


def _score(seed: int, fit: Fit, plan: StudyPlan, journal: Journal) -> SeedResult:
    outcome = journal.find(fit)
    assert outcome is not None  # noqa: S101 - it has just been done
    model = Model(fit.network, outcome.fitted.weights, fit.scaling, plan.train.classes, {"seed": seed})
    tested = score_test_set(
        model, plan.dataset.test, plan.engine, journal, trained_on=plan.train.digests
    ).whole
    history, best = outcome.history, fit.recipe.kept_epoch(outcome.history)
    return SeedResult(
        seed,
        fit.network.parameters,
        len(history),
        best.epoch,
        best.val_loss,
        best.val_accuracy,
        tested.accuracy,
        tested.loss,
        outcome.seconds,
    )


def seeds_record(results: Sequence[SeedResult], study: Study) -> dict[str, Any]:
    """All that was found, as plain values; the spread is the sample standard deviation (n - 1)."""
    accuracies = [result.test_accuracy for result in results]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "layers": study.network.layers[0],
        "parameters": results[0].parameters,
        "learning_rate": study.training.learning_rate[0],
        "batch_size": study.training.batch_size[0],
        "test_accuracy": {
            "mean": fmean(accuracies),
            "std": stdev(accuracies) if len(accuracies) > 1 else None,
            "min": min(accuracies),
            "max": max(accuracies),
        },
        "seeds": [asdict(result) for result in results],
    }


def seeds_markdown(record: dict[str, Any]) -> str:
    """The record as a section of a page."""
    found, machine_ = record["test_accuracy"], record["machine"]
    spread = "" if found["std"] is None else f", sample standard deviation {found['std']:.4f}"
    lines = [
        f"- Date: {record['date']}",
        f"- Machine: {machine_['processor']}, {machine_['cores']} cores; {machine_['native']}",
        f"- Versions: {', '.join(f'{name} {version}' for name, version in record['versions'].items())}",
        f"- Network: `{record['layers']}`, {record['parameters']:,} parameters; learning rate"
        f" {record['learning_rate']:g}, batch size {record['batch_size']}",
        f"- Test accuracy over {len(record['seeds'])} seeds: mean {found['mean']:.4f}{spread},"
        f" {found['min']:.4f} to {found['max']:.4f}",
        "",
        "| seed | epochs (best) | validation loss | accuracy | test loss | accuracy | seconds |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {each['seed']} | {each['epochs']} ({each['best_epoch']}) | {each['val_loss']:.4f}"
        f" | {each['val_accuracy']:.4f} | {each['test_loss']:.4f} | {each['test_accuracy']:.4f}"
        f" | {each['seconds']:.1f} |"
        for each in record["seeds"]
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Parse, fit, write; the exit code."""
    options = _parser().parse_args(arguments)
    study = replace(REPORTED, data=DataSettings(options.data), run=RunSettings(engine=options.engine))

    def measure() -> tuple[str, Any]:
        with TemporaryDirectory() as folder, Journal(Path(folder) / "journal.db") as journal:
            results = fit_seeds(study, range(options.seeds), journal, workers=options.workers)
        record = seeds_record(results, study)
        return seeds_markdown(record), record

    return deliver(options, SECTION, measure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.seeds",
        description="The test accuracy of the report's final fit over study seeds 0, 1, 2, ... It opens the"
        " test set once a seed and is no part of a study.",
        epilog="example: python -m benchmarks.seeds --seeds 3",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--seeds", type=positive(int), default=10, help="how many")
    add("--workers", type=positive(int), default=cores(), help="fits at once; changes no result")
    add("--engine", choices=ENGINES, default="auto", help="what computes")
    add(
        "--data", metavar="SOURCE", default="fashion-mnist", help="a known data set, or a folder of IDX files"
    )
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
