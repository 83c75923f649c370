"""Who takes part: each makes a model of training images in so many minutes, and answers the test images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import gossamer
from benchmarks.auto.images import Images
from gossamer.presets import load_preset
from gossamer.study import StudyFolder
from gossamer.study.read import read_records

PARAMETERS = 20_000
MOST_EPOCHS = 200


@dataclass(frozen=True)
class Outcome:
    """What an entrant came to."""

    parameters: int
    accuracy: float
    balanced_accuracy: float


Entrant = Callable[[Images, float, int], Outcome]
"""Of images, minutes and a seed."""


def auto(images: Images, minutes: float, seed: int) -> Outcome:
    """`gossamer auto`."""
    with TemporaryDirectory() as folder:
        found = gossamer.auto(
            images.dataset, out=folder, minutes=minutes, max_parameters=PARAMETERS, seed=seed
        )
        return _tested(Path(folder), found.model.network.parameters)


def report(images: Images, _: float, seed: int) -> Outcome:
    """The report's study, which takes the time that it takes."""
    study = gossamer.Study(run=gossamer.RunSettings(seed=seed), training=load_preset("report").training)
    with TemporaryDirectory() as folder:
        found = gossamer.run(study, images.dataset, out=folder)
        return _tested(Path(folder), found.model.network.parameters)


def _tested(folder: Path, parameters: int) -> Outcome:
    test = read_records(StudyFolder(folder)).results.test
    return Outcome(parameters, test.accuracy, test.balanced_accuracy)


def script(images: Images, minutes: float, seed: int) -> Outcome:
    """PyTorch as one would write it: as many epochs as the minutes allow, no search."""
    from benchmarks.auto import script as torch_script  # noqa: PLC0415 - not for a count of entrants

    recipe = torch_script.within(torch_script.Recipe(images.widths), PARAMETERS, *images.sizes)
    started = perf_counter()
    torch_script.train(recipe, *images.train, images.classes, 1, seed)
    left = 60 * minutes - 2 * (perf_counter() - started)  # the first epoch is the slowest
    epochs = max(1, min(MOST_EPOCHS, int(left / (perf_counter() - started))))
    network = torch_script.train(recipe, *images.train, images.classes, epochs, seed)
    return _scored(
        images, torch_script.count_parameters(network), torch_script.answers(network, images.test[0])
    )


def optuna(images: Images, minutes: float, seed: int) -> Outcome:
    """Optuna over the script: two thirds of the time for trials on a fifth held out, then the best on all."""
    import optuna as library  # noqa: PLC0415 - installed for this alone

    from benchmarks.auto import script as torch_script  # noqa: PLC0415

    started, (pixels, labels) = perf_counter(), images.train
    held = np.random.default_rng(seed).permutation(len(pixels)) < len(pixels) // 5
    torch_script.train(
        torch_script.within(torch_script.Recipe(images.widths), PARAMETERS, *images.sizes),
        pixels[~held],
        labels[~held],
        images.classes,
        1,
        seed,
    )
    epoch = perf_counter() - started
    epochs = max(1, min(MOST_EPOCHS, int(60 * minutes / 3 / epoch / 1.5)))
    short = max(1, epochs // 6)

    def recipe_of(trial: library.Trial) -> torch_script.Recipe:
        deeper = trial.suggest_categorical("deeper", [False, True])
        tuned = torch_script.Recipe(
            (*images.widths, images.widths[-1]) if deeper else images.widths,
            learning_rate=trial.suggest_float("learning_rate", 1e-3, 5e-2, log=True),
            weight_decay=trial.suggest_float("weight_decay", 1e-3, 1e-1, log=True),
            batch_size=trial.suggest_categorical("batch_size", [32, 64, 128]),
            flip=trial.suggest_categorical("flip", [False, True]),
            shift=trial.suggest_int("shift", 0, 3),
        )
        return torch_script.within(tuned, PARAMETERS, *images.sizes)

    def objective(trial: library.Trial) -> float:
        network = torch_script.train(
            recipe_of(trial), pixels[~held], labels[~held], images.classes, short, seed
        )
        return float((torch_script.answers(network, pixels[held]) == labels[held]).mean())

    library.logging.set_verbosity(library.logging.WARNING)
    study = library.create_study(direction="maximize", sampler=library.samplers.TPESampler(seed=seed))
    study.optimize(objective, timeout=60 * minutes * 0.6)
    best = recipe_of(library.trial.FixedTrial(study.best_params))
    network = torch_script.train(best, pixels, labels, images.classes, epochs, seed)
    return _scored(
        images, torch_script.count_parameters(network), torch_script.answers(network, images.test[0])
    )


def _scored(images: Images, parameters: int, answers: NDArray[np.int64]) -> Outcome:
    labels = images.test[1]
    recalls = [float((answers[labels == label] == label).mean()) for label in np.unique(labels)]
    return Outcome(parameters, float((answers == labels).mean()), float(np.mean(recalls)))


ENTRANTS: Mapping[str, Entrant] = {
    "gossamer auto": auto,
    "the report's study": report,
    "PyTorch script": script,
    "Optuna over the script": optuna,
}
