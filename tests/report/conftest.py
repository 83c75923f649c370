"""A folder of made-up results: layout needs no training."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gossamer.network import Architecture, Model, Scaling, initial_weights
from gossamer.seeds import derive_seed
from gossamer.study import Study, StudyFolder, to_toml
from gossamer.study.paper import LAYERS
from tests.made_up_results import made_up_results

CLASSES = ("T-shirt/top", "Trouser", "Shirt")

FolderOf = Callable[..., StudyFolder]


@pytest.fixture(scope="session")
def model() -> Model:
    """An untrained model of the report's network for three classes."""
    network = Architecture.parse(LAYERS, (28, 28, 1), len(CLASSES))
    return Model(network, initial_weights(network, derive_seed("report tests")), Scaling(), CLASSES, {})


@pytest.fixture
def results(model: Model) -> dict[str, Any]:
    """Results of 2 rates by 3 batch sizes on Fashion-MNIST."""
    return made_up_results(parameters=model.network.parameters, model=model.hash)


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
