"""A study with its data, its engine and the fits of its search, ready to run."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from gossamer.cpus import usable_cpus
from gossamer.data import (
    Dataset,
    Duplicates,
    LabelledImages,
    find_duplicates,
    open_source,
    subset,
)
from gossamer.engine import Engine, open_engine
from gossamer.errors import SettingError
from gossamer.network import Architecture
from gossamer.search import SearchPlan, Setting, TeacherPlan, combinations, grid, settings_of
from gossamer.study.events import DataProgress, Observer
from gossamer.study.identity import identity_of
from gossamer.study.nested import OuterFold, plan_outer_folds
from gossamer.study.procedure import Procedure, plan_procedure
from gossamer.study.settings import DataSettings, Study


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """A resolved study, its data and its engine; make one with `plan_study`.

    Attributes:
        study: the settings, with every "auto" resolved.
        dataset: the data set from its source.
        train: the training images the study uses.
        engine: computes the fits.
        procedure: the search and the final fit.
        outer: the procedure for each outer fold, if the cross validation is nested.
    """

    study: Study
    dataset: Dataset
    train: LabelledImages
    engine: Engine
    procedure: Procedure
    outer: Sequence[OuterFold]

    @property
    def search(self) -> SearchPlan:
        """The fits of the search."""
        return self.procedure.search

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What makes this study this study, as JSON values."""
        return identity_of(
            self.study,
            train_fingerprint=self.train.fingerprint,
            test_fingerprint=self.dataset.test.fingerprint,
            numerics=self.engine.numerics,
        )

    @property
    def default_workers(self) -> int:
        """As many as `default_workers` says."""
        return default_workers(self.engine)

    @cached_property
    def duplicates(self) -> Duplicates:
        """How many of the study's training and test images have duplicates."""
        return find_duplicates(self.train, self.dataset.test)


def default_workers(engine: Engine) -> int:
    """How many fits run at once: one per CPU that this process may use; a GPU takes one fit at a time."""
    return usable_cpus() if engine.device == "cpu" else 1


def plan_study(
    study: Study, observer: Observer = lambda _: None, dataset: Dataset | None = None
) -> StudyPlan:
    """Open the data and the engine of the study, and name its fits.

    A given `dataset` replaces the source of the study, and its name that of the source.

    Raises:
        SettingError: a network's words do not fit the images.
        DataError: the data cannot be read, or cannot be split as the study says.
        EngineError: the engine or the device is not available.
    """
    engine = open_engine(study.run.engine, study.run.device)
    if dataset is None:
        dataset = open_source(
            study.data.source, lambda *progress: observer(DataProgress(*progress)), study.data.reading
        )
    else:
        study = replace(
            study, data=DataSettings(dataset.name, study.data.subset, background=dataset.background)
        )
    seed = str(study.run.seed)
    train = subset(dataset.train, size=study.data.subset, seed=seed)

    def parsed(words: str) -> Architecture:
        network = Architecture.parse(words, train.shape, len(train.classes))
        engine.check(network)
        return network

    def spelled(words: Sequence[str]) -> tuple[str, ...]:
        return tuple(parsed(each).words for each in words)

    alternatives = [
        {**each, "layers": spelled(each["layers"])} if "layers" in each else each for each in study.setting
    ]
    resolved = replace(
        study,
        network=replace(study.network, layers=spelled(study.network.layers)),
        setting=alternatives,
        run=replace(study.run, engine=engine.name, device=engine.device),
    )
    teacher = None
    if study.teacher.layers:
        network = parsed(study.teacher.layers)
        resolved = replace(resolved, teacher=replace(study.teacher, layers=network.words))
        (taught_by,) = grid([network], {name: [value] for name, value in study.teacher.training.items()})
        teacher = TeacherPlan(taught_by, study.teacher.temperature, study.teacher.labels)
    settings = _settings(resolved, parsed)
    procedure = plan_procedure(resolved, train, settings, engine, teacher=teacher, seed=seed)
    outer = []
    if study.search.nested:
        outer = plan_outer_folds(resolved, train, settings, engine, teacher=teacher, seed=seed)
    return StudyPlan(resolved, dataset, train, engine, procedure, outer)


def _settings(study: Study, parsed: Callable[[str], Architecture]) -> list[Setting]:
    """The settings of the search: the grids of all alternatives, one behind the other."""
    every = [
        combination
        for each in study.alternatives
        for combination in combinations(list(map(parsed, each.network.layers)), asdict(each.training))
    ]
    settings = settings_of(every)
    for number, setting in enumerate(settings):
        if setting in settings[:number]:
            raise SettingError(
                f"[[setting]]: two settings are the same: {dict(setting)}; each may stand once"
            )
    return settings
