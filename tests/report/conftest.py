"""A study's results made up by rule, and a folder that holds them: layout needs no training."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest

from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed
from gossamer.study import Study, StudyFolder, to_toml
from gossamer.study.paper import LAYERS, TRAIN_FINGERPRINT, published_cell

RATES, SIZES, CLASSES = (0.001, 0.0001), (32, 64, 128), ("T-shirt/top", "Trouser", "Shirt")

FolderOf = Callable[..., StudyFolder]


@pytest.fixture(scope="session")
def model() -> Model:
    """An untrained model of the report's network for three classes."""
    network = Architecture.parse(LAYERS, (28, 28, 1), len(CLASSES))
    return Model(network, initial_weights(network, derive_seed("report tests")), Scaling(), CLASSES, {})


@pytest.fixture
def results(model: Model) -> dict[str, Any]:
    """Results of 2 rates by 3 batch sizes on Fashion-MNIST; no two figures are alike."""
    cells = [_cell(rate, size, i) for i, (rate, size) in enumerate((r, s) for r in RATES for s in SIZES)]
    history = [
        {
            "epoch": epoch,
            "train_loss": 0.8 / epoch + 0.0011,
            "train_accuracy": 0.81 + 0.0101 * epoch,
            "val_loss": 0.3 + 0.0203 * abs(epoch - 4),
            "val_accuracy": 0.9 - 0.0051 * abs(epoch - 4),
        }
        for epoch in range(1, 8)
    ]
    return {
        "data": {
            "name": "fashion-mnist",
            "train_fingerprint": "a1" * 32,
            "test_fingerprint": "b2" * 32,
            "train": 60_000,
            "test": 30,
            "shape": [28, 28, 1],
            "class_sizes": {"smallest": 5_000, "largest": 40_000},
        },
        "network": {"layers": LAYERS, "parameters": model.network.parameters},
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
                "val_loss": {"learning_rate": 0.71, "batch_size": 0.2, "interaction": 0.09},
                "val_accuracy": {"learning_rate": 0.15, "batch_size": 0.65, "interaction": 0.2},
            },
            "pareto": None,
        },
        "selection": {
            "layers": LAYERS,
            "learning_rate": 0.001,
            "batch_size": 32,
            "rule": "loss",
            "metric": "val_loss",
            "comparisons": [_comparison(cell, i) for i, cell in enumerate(cells) if i],
            "not_significant": [_setting(cell) for cell in cells[1:3]],
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
            "model": model.hash,
        },
        "test": {
            "n": 30,
            "correct": 24,
            "accuracy": 0.8,
            "balanced_accuracy": 0.8,
            "macro_f1": 0.7992,
            "loss": 0.6172,
            "accesses": 1,
            "per_class": [
                {"precision": 0.701 + i / 100, "recall": 0.802 + i / 100, "f1": 0.75 + i / 100, "images": 10}
                for i in range(3)
            ],
            "confusion": [[7, 1, 2], [0, 9, 1], [2, 0, 8]],
        },
    }


@pytest.fixture
def details(results: dict[str, Any]) -> dict[str, Any]:
    """Details of those results: curves of every fold, six errors, right answers and doubts."""
    random = np.random.default_rng(0)

    def answer(row: int, label: int, predicted: int) -> dict[str, Any]:
        of_label = 0.9111 if label == predicted else 0.0413
        figures = {"confidence": 0.9111 - row / 1000, "of_label": of_label - row / 1000, "origin": str(row)}
        return {"row": row, "label": label, "predicted": predicted} | figures

    def gallery(answers: list[dict[str, Any]], pictured: int) -> dict[str, Any]:
        pixels = random.integers(0, 256, (pictured, 28, 28, 1)).astype(np.uint8)
        return {"answers": answers, "pixels": b64encode(pixels.tobytes()).decode()}

    def reliability(temperature: float, error: float) -> dict[str, Any]:
        bins = [
            {"low": 0.0, "high": 0.5, "images": 0, "confidence": None, "accuracy": None},
            {"low": 0.5, "high": 1.0, "images": 30, "confidence": 0.8 + error, "accuracy": 0.8},
        ]
        return {"temperature": temperature, "loss": 0.6172 - temperature / 100, "error": error, "bins": bins}

    wrong = [(0, 2), (0, 2), (0, 1), (1, 2), (2, 0), (2, 0)]
    return {
        "model": results["final"]["model"],
        "curves": [[_curve(cell, fold) for fold in cell["folds"]] for cell in results["search"]["cells"]],
        "calibration": {
            "fitted_on": 12_000,
            "before": reliability(1.0, 0.0523),
            "after": reliability(1.2345, 0.0117),
        },
        "errors": gallery([answer(row, *pair) for row, pair in enumerate(wrong)], 5),
        "correct": gallery([answer(6 + label, label, label) for label in range(3)], 3),
        "doubts": gallery([answer(9, 0, 1), answer(10, 2, 0)], 2)
        | {"count": 17, "by_class": [[0, 13, 0], [0, 0, 0], [4, 0, 0]]},
    }


def _curve(cell: dict[str, Any], fold: dict[str, Any]) -> dict[str, list[float]]:
    """Training loss falls throughout; validation loss is lowest at epoch 7 of the cell's."""
    epochs = range(cell["epochs"])
    return {
        "train_loss": [0.9 / (1 + epoch) for epoch in epochs],
        "val_loss": [
            fold["val_loss"] + 0.01 * (abs(epoch - 6) - abs(cell["epochs"] - 7)) for epoch in epochs
        ],
        "train_accuracy": [0.8 + 0.01 * epoch for epoch in epochs],
        "val_accuracy": [fold["val_accuracy"] for _ in epochs],
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
    published = published_cell(
        TRAIN_FINGERPRINT, {"layers": LAYERS, "learning_rate": rate, "batch_size": size}
    )
    assert published is not None
    return {
        "layers": LAYERS,
        "learning_rate": rate,
        "batch_size": size,
        "epochs": 10,
        "folds": folds,
        "published": {"val_loss": published.val_loss, "val_accuracy": published.val_accuracy},
        **{f"mean_{name}": fmean(fold[name] for fold in folds) for name in (*figures, *best)},
        **{f"std_{name}": stdev(fold[name] for fold in folds) for name in figures},
    }


def _setting(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: cell[key] for key in ("layers", "learning_rate", "batch_size")}


def _comparison(cell: dict[str, Any], place: int) -> dict[str, Any]:
    """Against the first cell: the later a cell, the surer it is worse; from the third on significantly."""
    return _setting(cell) | {
        "difference": 0.0107 * place,
        "low": 0.0107 * place - 0.0288,
        "high": 0.0107 * place + 0.0288,
        "p": 0.0301 / place**3,
        "p_holm": (6 - place) * 0.0301 / place**3 + 0.04 * (place < 3),
        "significant": place >= 3,
    }


TIMINGS = {
    "finished": "2026-01-02T03:04:05+00:00",
    "workers": 1,
    "seconds": {"this_run": 9.5, "search_fits": 7.25, "mean_search_fit": 0.4, "final_fit": 2.125},
    "machine": {"system": "Linux 6", "architecture": "x86_64", "processor": "A Processor", "cores": 2},
    "versions": {"python": "3.11.7", "gossamer": "0.1.0"},
}


@pytest.fixture
def folder_of(tmp_path: Path, model: Model) -> FolderOf:
    """Makes a study folder of results, with the other files beside unless told otherwise."""

    def make(
        results: Any, *, details: Any = None, classes: tuple[str, ...] = CLASSES, alone: bool = False
    ) -> StudyFolder:
        folder = StudyFolder(tmp_path / "study")
        folder.make()
        folder.results.write_text(json.dumps(results))
        if details is not None:
            folder.details.write_text(json.dumps(details))
        if not alone:
            folder.timings.write_text(json.dumps(TIMINGS))
            folder.study.write_text(to_toml(Study()))
            replace(model, classes=classes).save(folder.model)
        return folder

    return make
