"""A study's results made up by rule, as results.json holds them: no two figures are alike."""

from statistics import fmean, stdev
from typing import Any

from gossamer.study.paper import LAYERS, TRAIN_FINGERPRINT, published_cell
from gossamer.study.record import FORMAT

RATES, SIZES = (0.001, 0.0001), (32, 64, 128)


def made_up_results(*, parameters: int, model: str) -> dict[str, Any]:
    """Results of 2 rates by 3 batch sizes on Fashion-MNIST, of a model of that hash."""
    cells = [_cell(rate, size, i) for i, (rate, size) in enumerate((r, s) for r in RATES for s in SIZES)]
    history = [
        {
            "epoch": epoch,
            "train_loss": 0.8 / epoch + 0.0011,
            "train_accuracy": 0.81 + 0.0101 * epoch,
            "val_loss": 0.3 + 0.0203 * abs(epoch - 4),
            "val_accuracy": 0.9 - 0.0051 * abs(epoch - 4),
            "val_balanced_accuracy": 0.88 - 0.0051 * abs(epoch - 4),
            "val_macro_f1": 0.87 - 0.0051 * abs(epoch - 4),
        }
        for epoch in range(1, 8)
    ]
    return {
        "format": FORMAT,
        "data": {
            "name": "fashion-mnist",
            "train_fingerprint": "a1" * 32,
            "test_fingerprint": "b2" * 32,
            "train": 60_000,
            "test": 30,
            "shape": [28, 28, 1],
            "class_sizes": {"smallest": 5_000, "largest": 40_000},
            "duplicates": {"train": 0, "test": 0, "across": 0, "contradicting": 0},
        },
        "network": {"layers": LAYERS, "parameters": parameters},
        "engine": {"name": "torch", "numerics": "torch 0"},
        "seed": 20261,
        "search": {
            "folds": 3,
            "repeats": 1,
            "stratified": True,
            "epochs": 10,
            "strategy": "grid",
            "rungs": [{"settings": len(cells), "epochs": 10}],
            "cells": cells,
            "variance_shares": {
                "val_loss": {"by": {"learning_rate": 0.71, "batch_size": 0.2}, "interaction": 0.09},
                "val_accuracy": {"by": {"learning_rate": 0.15, "batch_size": 0.65}, "interaction": 0.2},
            },
            "pareto": None,
            "holdout": None,
            "gains": None,
        },
        "selection": {
            "setting": _setting(0.001, 32),
            "rule": "loss",
            "metric": "val_loss",
            "comparisons": [_comparison(cell, i) for i, cell in enumerate(cells) if i],
            "not_significant": [dict(cell["setting"]) for cell in cells[1:3]],
        },
        "nested": None,
        "final": {
            "train": 48_000,
            "validation": 12_000,
            "patience": 3,
            "epochs": 7,
            "best_epoch": 4,
            "val_loss": 0.3,
            "val_accuracy": 0.9,
            "val_balanced_accuracy": 0.8765,
            "val_macro_f1": 0.8654,
            "history": history,
            "model": model,
        },
        "test": {
            "n": 30,
            "correct": 24,
            "accuracy": 0.8,
            "balanced_accuracy": 0.8,
            "macro_f1": 0.7992,
            "loss": 0.6172,
            "without_duplicates": {"n": 30, "correct": 24, "accuracy": 0.8},
            "accesses": 1,
            "per_class": [
                {"precision": 0.701 + i / 100, "recall": 0.802 + i / 100, "f1": 0.75 + i / 100, "images": 10}
                for i in range(3)
            ],
            "confusion": [[7, 1, 2], [0, 9, 1], [2, 0, 8]],
        },
    }


def _cell(rate: float, size: int, place: int) -> dict[str, Any]:
    folds = [
        {
            "val_loss": 0.25 + 0.0107 * place + 0.0013 * fold,
            "val_accuracy": 0.91 - 0.0057 * place - 0.0017 * fold,
            "val_balanced_accuracy": 0.88 - 0.0053 * place - 0.0021 * fold,
            "val_macro_f1": 0.87 - 0.0049 * place - 0.0023 * fold,
            "best_epoch": 6 + fold,
            "best_val_loss": 0.24 + 0.0107 * place + 0.0011 * fold,
            "best_val_accuracy": 0.905 - 0.0057 * place - 0.0019 * fold,
        }
        for fold in range(3)
    ]
    figures = ("val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1")
    best = ("best_val_loss", "best_val_accuracy")
    published = published_cell(TRAIN_FINGERPRINT, _setting(rate, size))
    assert published is not None
    return {
        "setting": _setting(rate, size),
        "epochs": 10,
        "folds": folds,
        "one_class_folds": 0,
        "published": {"val_loss": published.val_loss, "val_accuracy": published.val_accuracy},
        **{f"mean_{name}": fmean(fold[name] for fold in folds) for name in (*figures, *best)},
        **{f"std_{name}": stdev(fold[name] for fold in folds) for name in figures},
    }


def _setting(rate: float, size: int) -> dict[str, Any]:
    return {"layers": LAYERS, "learning_rate": rate, "batch_size": size}


def _comparison(cell: dict[str, Any], place: int) -> dict[str, Any]:
    """Against the first cell: the later a cell, the surer it is worse; from the third on significantly."""
    return {
        "setting": dict(cell["setting"]),
        "difference": 0.0107 * place,
        "low": 0.0107 * place - 0.0288,
        "high": 0.0107 * place + 0.0288,
        "p": 0.0301 / place**3,
        "p_holm": (6 - place) * 0.0301 / place**3 + 0.04 * (place < 3),
        "significant": place >= 3,
    }
