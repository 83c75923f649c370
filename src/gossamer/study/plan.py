"""A study with all that it needs at hand, and every fit of its search named: ready to run."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from gossamer.data import (
    Dataset,
    Duplicates,
    LabelledImages,
    Split,
    find_duplicates,
    folds,
    holdout,
    open_source,
    subset,
)
from gossamer.engine import Engine, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.search import Cell, Fit, SearchPlan, grid, plan_search
from gossamer.seeds import derive_seed
from gossamer.study.events import DataProgress, Observer
from gossamer.study.settings import Study
from gossamer.training import Recipe


@dataclass(frozen=True, eq=False)
class StudyPlan:
    """A resolved study, its data and its engine; make one with `plan_study`.

    Attributes:
        study: the settings, with nothing left to "auto".
        dataset: the data set as its source gives it.
        train: the training images the study uses.
        engine: what computes.
        scaling: how pixels become inputs.
        search: the fits of the search.
        final_split: the final fit's hold-out.
    """

    study: Study
    dataset: Dataset
    train: LabelledImages
    engine: Engine
    scaling: Scaling
    search: SearchPlan
    final_split: Split

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What makes this study this study, as JSON values: its images count by content, not by place."""
        sections = asdict(self.study)
        del sections["data"]["source"]
        return {
            "study": {
                section: {
                    key: list(value) if isinstance(value, tuple) else value for key, value in keys.items()
                }
                for section, keys in sections.items()
            },
            "training images": self.train.fingerprint,
            "test images": self.dataset.test.fingerprint,
            "numerics": self.engine.numerics,
        }

    @cached_property
    def duplicates(self) -> Duplicates:
        """How many of the study's training images, and of the test images, have a twin."""
        return find_duplicates(self.train, self.dataset.test)

    def final_fit(self, chosen: Cell) -> Fit:
        """The final fit at the chosen setting."""
        candidate, settings = chosen.candidate, self.study.final
        seed = derive_seed("final", str(self.study.run.seed), candidate.network.words)
        recipe = Recipe(
            seed, candidate.learning_rate, candidate.batch_size, settings.max_epochs, settings.patience
        )
        return Fit.on(
            self.train, self.final_split, candidate.network, self.scaling, recipe, self.engine, "final fit"
        )


def plan_study(study: Study, observer: Observer = lambda _: None) -> StudyPlan:
    """Open the study's data and engine and name its fits.

    Raises:
        SettingError: a network's words do not fit the images.
        DataError: the data cannot be had, or not be split as asked.
        EngineError: the engine or device is not there.
    """
    engine = open_engine(study.run.engine, study.run.device)
    dataset = open_source(study.data.source, lambda *progress: observer(DataProgress(*progress)))
    seed = str(study.run.seed)
    train = subset(dataset.train, size=study.data.subset, seed=seed)
    networks = [Architecture.parse(words, train.shape, len(train.classes)) for words in study.network.layers]
    for network in networks:
        engine.check(network)
    resolved = replace(
        study,
        network=replace(study.network, layers=tuple(network.words for network in networks)),
        run=replace(study.run, engine=engine.name, device=engine.device),
    )
    search, stratified = study.search, study.search.stratified
    repeats = [
        folds(train, count=search.folds, stratified=stratified, repeat=repeat, seed=seed)
        for repeat in range(search.repeats)
    ]
    scaling = Scaling()
    candidates = grid(networks, search.learning_rate, search.batch_size)
    plan = plan_search(train, repeats, candidates, engine, scaling, epochs=search.epochs, seed=seed)
    final_split = holdout(train, validation=study.final.validation, stratified=stratified, seed=seed)
    return StudyPlan(resolved, dataset, train, engine, scaling, plan, final_split)
