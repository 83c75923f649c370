"""What networks came to on Fashion-MNIST: the record that `make frontier` keeps beside the presets."""

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import fmean, stdev

from gossamer.study import RunSettings, Study, to_toml
from gossamer.study.record.codec import Count, Fraction, Loss, decode

RECORD = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class SeedFigures:
    """A model of the study, by a final fit with a seed of its own.

    Attributes:
        seed: `run.seed`.
        test_accuracy: of the model, whose only test-set access it was.
        test_loss: the same.
        seconds: of the fit.
    """

    seed: Count
    test_accuracy: Fraction
    test_loss: Loss | None
    seconds: Loss


@dataclass(frozen=True)
class Point:
    """A network with its figures.

    Attributes:
        name: a preset's, or that of a network to compare with.
        study: the hash of its study file; figures of another are out of date.
        layers: in words.
        parameters: trained ones.
        deployed_parameters: once norms are folded.
        multiply_adds: for one image.
        machine: where it was trained, and with what.
        setting: the number of the one that the whole study selected, whose seed is 0.
        val_accuracy: its accuracy on what the search held out.
        float_accuracy: on the held-out images that the int8 export of its model was scored on.
        int8_accuracy: the export's on those.
        seconds: of all its fits, by the number that ran at once.
        flash: bytes of the int8 export in C, on a Cortex-M3.
        ram: the same.
        seeds: the models, that of the whole study first.
    """

    name: str
    study: str
    layers: str
    parameters: Count
    deployed_parameters: Count
    multiply_adds: Count
    machine: str
    setting: Count
    val_accuracy: Fraction
    float_accuracy: Fraction
    int8_accuracy: Fraction
    seconds: Loss
    flash: Count | None
    ram: Count | None
    seeds: tuple[SeedFigures, ...]

    @property
    def accuracy(self) -> tuple[float, float | None]:
        """The mean test accuracy, and its sample standard deviation over the seeds."""
        values = [each.test_accuracy for each in self.seeds]
        return fmean(values), stdev(values) if len(values) > 1 else None

    @property
    def accuracy_in_words(self) -> str:
        """`accuracy` in percent."""
        mean, spread = self.accuracy
        return f"{100 * mean:.2f} %" + ("" if spread is None else f" ± {100 * spread:.2f}")


@dataclass(frozen=True)
class Measured:
    """All points, in the order in which they were measured."""

    points: tuple[Point, ...]

    def find(self, name: str, study: Study) -> Point | None:
        """The point of that name, if it is of this very study."""
        found = (point for point in self.points if point.name == name and point.study == hash_of(study))
        return next(found, None)


def hash_of(study: Study) -> str:
    """What names a study whatever its seed."""
    return sha256(to_toml(replace(study, run=RunSettings())).encode()).hexdigest()[:16]


def read_measured(path: Path = RECORD) -> Measured:
    """The record.

    Raises:
        ValueError: it is damaged.
    """
    return decode(Measured, json.loads(path.read_text()))
