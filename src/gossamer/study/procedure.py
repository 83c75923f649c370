"""The procedure: a search on training images, a selection, and the final fit of the selected setting.

A study applies it to all training images, nested cross validation to the rest of every outer fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.data import LabelledImages, Split, folds, holdout
from gossamer.data.splits import Index
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search import Cell, Fit, SearchPlan, Setting, TeacherPlan, plan_search, select
from gossamer.seeds import derive_seed
from gossamer.study.settings import Study


@dataclass(frozen=True, eq=False)
class Procedure:
    """A procedure with its fits, except the final one, which depends on the selection; see `plan_procedure`.

    Attributes:
        study: the settings.
        images: the study's training images, all of them.
        engine: computes the fits.
        scaling: how pixels become inputs.
        search: the fits of the search.
        final_split: rows of `images` for the final fit and its validation.
        seed: all its random numbers are derived from it.
        label: the name that people see; empty for the study itself.
        teacher: how teachers are trained, if fits have one.
    """

    study: Study
    images: LabelledImages
    engine: Engine
    scaling: Scaling
    search: SearchPlan
    final_split: Split
    seed: str
    label: str
    teacher: TeacherPlan | None

    def select(self, cells: Sequence[Cell]) -> Cell:
        """The selected cell of the search.

        Raises:
            GossamerError: every cell diverged.
        """
        return select(cells, self.study.search.select)

    def final_fit(self, setting: Setting) -> Fit:
        """The final fit of the selected setting."""
        final = self.study.final
        seed = derive_seed("final", self.seed, setting.network.words)
        recipe = setting.recipe(seed, max_epochs=final.max_epochs or None, patience=final.patience or None)
        label = f"{self.label}, final fit" if self.label else "final fit"
        on = self.images, self.final_split
        teacher = None
        if self.teacher is not None:
            of = derive_seed("final", self.seed), f"teacher of the {label}"
            teacher = self.teacher.on(*on, self.scaling, self.engine, *of)
        return Fit.on(*on, setting.network, self.scaling, recipe, self.engine, label, teacher)


def plan_procedure(
    study: Study,
    images: LabelledImages,
    settings: Sequence[Setting],
    engine: Engine,
    *,
    teacher: TeacherPlan | None = None,
    rows: Index | None = None,
    seed: str,
    label: str = "",
) -> Procedure:
    """The procedure on `rows` of `images` (ascending; None for all).

    Raises:
        DataError: the rows cannot be split as the study says.
    """
    search, scaling = study.search, Scaling()
    part = images if rows is None else images.take(rows)

    def rows_of_all(split: Split) -> Split:
        return split if rows is None else Split(rows[split.train], rows[split.validation])

    repeats = [
        [rows_of_all(split) for split in _splits(study, part, repeat, seed)]
        for repeat in range(search.repeats)
    ]
    plan = plan_search(
        images,
        repeats,
        settings,
        engine,
        scaling,
        strategy=search.strategy,
        teacher=teacher,
        seed=seed,
        label=label,
    )
    final = holdout(part, validation=study.final.validation, stratified=search.stratified, seed=seed)
    return Procedure(study, images, engine, scaling, plan, rows_of_all(final), seed, label, teacher)


def _splits(study: Study, images: LabelledImages, repeat: int, seed: str) -> list[Split]:
    """The folds of a repeat; one hold-out where there is one fold, seeded apart from the final fit's."""
    search = study.search
    if search.folds > 1:
        return folds(images, count=search.folds, stratified=search.stratified, repeat=repeat, seed=seed)
    return [
        holdout(
            images,
            validation=search.holdout,
            stratified=search.stratified,
            seed=derive_seed("search", seed, repeat),
            place="search.holdout",
        )
    ]
