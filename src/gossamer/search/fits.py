"""A fit as a value: a frozen record of all that decides its result. The hash of the record is its key."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine
from gossamer.files import canonical_json
from gossamer.network import Architecture, Scaling
from gossamer.search.neutral import with_neutral, without_neutral
from gossamer.training import Recipe


@dataclass(frozen=True, eq=False)
class Distillation:
    """The fit of a teacher, and how a student learns from it: see `gossamer.training.Teacher`."""

    fit: "Fit"
    temperature: float
    labels: float


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit to be done. Fits with the same `key` have the same result, bit for bit.

    Attributes:
        train_fingerprint: of the training set that `split` indexes.
        split: rows to train and to validate on.
        network: what is trained.
        scaling: how pixels become inputs.
        recipe: how it is done.
        engine: the engine's name.
        numerics: the engine's numerics version.
        label: the name that people see; it decides nothing.
        teacher: whose probabilities it learns, if there is one.
    """

    train_fingerprint: str
    split: Split
    network: Architecture
    scaling: Scaling
    recipe: Recipe
    engine: str
    numerics: str
    label: str
    teacher: Distillation | None = None

    @classmethod
    def on(
        cls,
        images: LabelledImages,
        split: Split,
        network: Architecture,
        scaling: Scaling,
        recipe: Recipe,
        engine: Engine,
        label: str,
        teacher: Distillation | None = None,
    ) -> "Fit":
        """The fit of `network` on `images` by `engine`."""
        numerics = engine.numerics
        return cls(images.fingerprint, split, network, scaling, recipe, engine.name, numerics, label, teacher)

    def to_reach(self, epochs: int) -> "Fit":
        """The fit that a search does to know this one after so many epochs.

        At a constant rate it is this fit, which can go on. A schedule spans its fit, so that a shorter one is
        another fit.
        """
        if self.recipe.schedule == "constant" or epochs == self.recipe.max_epochs:
            return self
        return replace(self, recipe=replace(self.recipe, max_epochs=epochs))

    @cached_property
    def record(self) -> dict[str, Any]:
        """Everything that decides the result, as JSON values; a split is represented by its hash.

        Values of the recipe that are neutral are left out (see `gossamer.search.neutral`).
        """
        teacher = self.teacher and {
            "fit": self.teacher.fit.key,
            "temperature": self.teacher.temperature,
            "labels": self.teacher.labels,
        }
        return ({"teacher": teacher} if teacher else {}) | {
            "train_fingerprint": self.train_fingerprint,
            "split": _split_hash(self.split),
            "layers": self.network.words,
            "input_shape": list(self.network.input_shape),
            "classes": self.network.classes,
            "scaling": asdict(self.scaling),
            "recipe": without_neutral("training", asdict(self.recipe)),
            "engine": self.engine,
            "numerics": self.numerics,
        }

    @cached_property
    def key(self) -> str:
        """SHA-256 of the record, in hexadecimal."""
        return sha256(canonical_json(self.record).encode()).hexdigest()


def setting_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The setting, by name, of the fit of a search that has this `Fit.record`."""
    recipe = with_neutral("training", record["recipe"])
    setting = {"layers": record["layers"], "epochs": recipe.pop("max_epochs")} | recipe
    return {name: value for name, value in setting.items() if name not in {"seed", "patience"}}


def _split_hash(split: Split) -> str:
    digest = sha256(f"{len(split.train)} {len(split.validation)}".encode())
    digest.update(split.train.astype("<i8").tobytes())
    digest.update(split.validation.astype("<i8").tobytes())
    return digest.hexdigest()
