"""results.json: everything a study found, and nothing of the clock, the host or a path."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gossamer.evaluation import Metrics, SealedScore
from gossamer.files import without_nan
from gossamer.search import (
    RULES,
    Cell,
    Comparison,
    Setting,
    compare,
    finalists,
    not_significant,
    pareto,
    rungs,
)
from gossamer.stats.variance import variance_shares
from gossamer.study.flow import Trained
from gossamer.study.nested import Nested
from gossamer.study.paper import published_cell
from gossamer.study.plan import StudyPlan
from gossamer.training import Epoch


@dataclass(frozen=True, eq=False)
class Findings:
    """A study's outcome before its test-set access and on the test set, and the number of accesses."""

    trained: Trained
    tested: SealedScore
    accesses: int


def results(plan: StudyPlan, found: Findings) -> dict[str, Any]:
    """The study's results as JSON values; a figure that is no number (a fit diverged) is null."""
    study, trained, test = plan.study, found.trained, found.tested.whole
    network, final = trained.selected.setting.network, trained.final.fitted
    value: dict[str, Any] = {
        "data": {
            "name": plan.dataset.name,
            "train_fingerprint": plan.train.fingerprint,
            "test_fingerprint": plan.dataset.test.fingerprint,
            "train": len(plan.train),
            "test": len(plan.dataset.test),
            "shape": list(plan.train.shape),
            "class_sizes": _class_sizes(plan),
            "duplicates": asdict(plan.duplicates),
        },
        "network": {"layers": network.words, "parameters": network.parameters},
        "engine": {"name": plan.engine.name, "numerics": plan.engine.numerics},
        "seed": study.run.seed,
        "search": {
            "folds": study.search.folds,
            "repeats": study.search.repeats,
            "stratified": study.search.stratified,
            "epochs": max(study.training.epochs),
            "strategy": study.search.strategy,
            "rungs": [asdict(rung) for rung in rungs(trained.cells)],
            "cells": [_cell(plan, cell) for cell in trained.cells],
            "variance_shares": _variance_shares(trained.cells),
            "pareto": _pareto(plan, trained.cells),
        },
        "selection": _selection(plan, trained),
        "nested": None if trained.nested is None else _nested(trained.nested),
        "final": {
            "train": len(plan.procedure.final_split.train),
            "validation": len(plan.procedure.final_split.validation),
            "patience": study.final.patience,
            "epochs": final.last.epoch,
            "best_epoch": final.best.epoch,
            "val_loss": final.best.val_loss,
            "val_accuracy": final.best.val_accuracy,
            "val_balanced_accuracy": final.best.val_balanced_accuracy,
            "val_macro_f1": final.best.val_macro_f1,
            "history": [asdict(epoch) for epoch in final.history],
            "model": trained.model.hash,
        },
        "test": {
            "n": test.n,
            "correct": test.correct,
            "accuracy": test.accuracy,
            "balanced_accuracy": test.balanced_accuracy,
            "macro_f1": test.macro_f1,
            "loss": test.loss,
            "without_duplicates": _without_duplicates(found.tested.without_duplicates),
            "accesses": found.accesses,
            "per_class": [asdict(each) for each in test.per_class],
            "confusion": [list(row) for row in test.confusion],
        },
    }
    return dict(without_nan(value))


def _cell(plan: StudyPlan, cell: Cell) -> dict[str, Any]:
    setting = cell.setting
    published = published_cell(plan.dataset.train.fingerprint, setting)
    return {
        **_setting(setting),
        "epochs": cell.epochs,
        "folds": [_fold(last, best) for last, best in zip(cell.last, cell.best, strict=True)],
        "mean_val_loss": cell.mean_val_loss,
        "mean_val_accuracy": cell.mean_val_accuracy,
        "std_val_loss": cell.std_val_loss,
        "std_val_accuracy": cell.std_val_accuracy,
        "mean_val_balanced_accuracy": cell.mean_val_balanced_accuracy,
        "std_val_balanced_accuracy": cell.std_val_balanced_accuracy,
        "mean_val_macro_f1": cell.mean_val_macro_f1,
        "std_val_macro_f1": cell.std_val_macro_f1,
        "mean_best_val_loss": cell.mean_best_val_loss,
        "mean_best_val_accuracy": cell.mean_best_val_accuracy,
        "one_class_folds": cell.one_class_folds,
        "published": None if published is None else asdict(published),
    }


def _selection(plan: StudyPlan, found: Trained) -> dict[str, Any]:
    metric = RULES[plan.study.search.select].metric
    splits = [fit.split for fit in plan.search.fits[0]]  # every setting's
    comparisons = compare(finalists(found.cells), found.selected, metric, splits)
    return {
        **_setting(found.selected.setting),
        "rule": plan.study.search.select,
        "metric": metric.name,
        "comparisons": [_comparison(each) for each in comparisons],
        "not_significant": [_setting(setting) for setting in not_significant(comparisons)],
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        **_setting(found.setting),
        "difference": found.difference.mean,
        "low": found.difference.low,
        "high": found.difference.high,
        "p": found.difference.p,
        "p_holm": found.p_holm,
        "significant": found.significant,
    }


def _nested(found: Nested) -> dict[str, Any]:
    """Of every outer fold what was selected and how it did, and the accuracy's mean and spread."""
    return {
        "mean_accuracy": found.mean_accuracy,
        "std_accuracy": found.std_accuracy,
        "folds": [
            {
                **_setting(fold.setting),
                "best_epoch": fold.best_epoch,
                "n": fold.metrics.n,
                "correct": fold.metrics.correct,
                "accuracy": fold.metrics.accuracy,
                "balanced_accuracy": fold.metrics.balanced_accuracy,
                "macro_f1": fold.metrics.macro_f1,
                "loss": fold.metrics.loss,
            }
            for fold in found.folds
        ],
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {name: setting[name] for name in ("layers", "learning_rate", "batch_size")}


def _without_duplicates(found: Metrics | None) -> dict[str, Any]:
    if found is None:  # every test image duplicates a training image
        return {"n": 0, "correct": 0, "accuracy": None}
    return {"n": found.n, "correct": found.correct, "accuracy": found.accuracy}


def _fold(last: Epoch, best: Epoch) -> dict[str, Any]:
    return {
        "val_loss": last.val_loss,
        "val_accuracy": last.val_accuracy,
        "val_balanced_accuracy": last.val_balanced_accuracy,
        "val_macro_f1": last.val_macro_f1,
        "best_epoch": best.epoch,
        "best_val_loss": best.val_loss,
        "best_val_accuracy": best.val_accuracy,
    }


def _class_sizes(plan: StudyPlan) -> dict[str, int]:
    """Training images of the smallest and of the largest class."""
    counts = plan.train.class_counts
    return {"smallest": int(counts.min()), "largest": int(counts.max())}


def _pareto(plan: StudyPlan, cells: Sequence[Cell]) -> list[dict[str, Any]] | None:
    """What a smaller network costs, a row a network; None for a study of one."""
    if len({cell.setting.network for cell in cells}) == 1:
        return None
    return [
        {
            **_setting(row.cell.setting),
            "parameters": row.cell.setting.network.parameters,
            "multiply_adds": row.cell.setting.network.multiply_adds,
            "mean_val_accuracy": row.cell.mean_val_accuracy,
            "std_val_accuracy": row.cell.std_val_accuracy,
            "dominated": row.dominated,
        }
        for row in pareto(cells, RULES[plan.study.search.select].metric)
    ]


def _variance_shares(cells: Sequence[Cell]) -> dict[str, Any] | None:
    """By learning rate and batch size, for a grid of one network; None where there is nothing to share."""
    rates = list(dict.fromkeys(cell.setting["learning_rate"] for cell in cells))
    sizes = list(dict.fromkeys(cell.setting["batch_size"] for cell in cells))
    if len(cells) != len(rates) * len(sizes) or len(finalists(cells)) < len(cells):
        return None

    def shares(figures: list[float]) -> dict[str, float] | None:
        found = variance_shares(np.array(figures).reshape(len(rates), len(sizes)))
        if found is None:
            return None
        return {"learning_rate": found.rows, "batch_size": found.columns, "interaction": found.interaction}

    return {
        "val_loss": shares([cell.mean_val_loss for cell in cells]),
        "val_accuracy": shares([cell.mean_val_accuracy for cell in cells]),
    }
