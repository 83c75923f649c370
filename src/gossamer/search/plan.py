"""What a search is to do: a fit of every setting on every fold, in the order of a strategy."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search.fits import Fit
from gossamer.search.setting import Setting
from gossamer.search.strategies import STRATEGIES, Strategy
from gossamer.search.teachers import TeacherPlan
from gossamer.seeds import derive_seed


@dataclass(frozen=True, eq=False)
class SearchPlan:
    """The fits of a search: one row per setting, one column per fold (of every repeat)."""

    settings: Sequence[Setting]
    fits: Sequence[Sequence[Fit]]
    strategy: Strategy
    teacher: TeacherPlan | None = None

    @property
    def epochs(self) -> int:
        """The most epochs of a setting."""
        epochs: int = max(setting["epochs"] for setting in self.settings)
        return epochs

    @property
    def all_fits(self) -> list[Fit]:
        """Every fit, setting by setting, to its end."""
        return [fit for row in self.fits for fit in row]

    @property
    def teachers(self) -> list[Fit]:
        """The fits of the teachers, one per fold."""
        return list({fit.teacher.fit.key: fit.teacher.fit for fit in self.all_fits if fit.teacher}.values())

    @property
    def possible_fits(self) -> list[Fit]:
        """`all_fits`, and the shorter ones that a strategy does under a schedule."""
        fits = {
            fit.key: fit
            for setting, row in zip(self.settings, self.fits, strict=True)
            for _, epochs in self.strategy.rungs(len(self.settings), setting["epochs"])
            for fit in (each.to_reach(epochs) for each in row)
        }
        return list(fits.values())


def plan_search(
    images: LabelledImages,
    repeats: Sequence[Sequence[Split]],
    settings: Sequence[Setting],
    engine: Engine,
    scaling: Scaling,
    *,
    strategy: str = "grid",
    teacher: TeacherPlan | None = None,
    seed: str,
    label: str = "",
) -> SearchPlan:
    """Name every fit of the search; `label` begins every fit's.

    Initial weights and the order of images depend on the seed, the repeat, the fold and the network alone,
    so all other values are compared on the same folds, initial weights and orders. A teacher depends on the
    seed, the repeat and the fold: all settings share it.
    """

    def named(what: str, repeat: int, fold: int) -> str:
        parts = [label] if label else []
        parts += [what] + ([f"repeat {repeat + 1}"] if len(repeats) > 1 else [])
        parts += [f"fold {fold + 1}"] if len(repeats[0]) > 1 else []
        return ", ".join(parts)

    teachers = {
        (repeat, fold): teacher.on(
            images, split, scaling, engine, derive_seed(seed, repeat, fold), named("teacher", repeat, fold)
        )
        for repeat, splits in enumerate(repeats)
        for fold, split in enumerate(splits)
        if teacher
    }

    def fit(setting: Setting, repeat: int, fold: int, split: Split) -> Fit:
        recipe = setting.recipe(derive_seed("fit", seed, repeat, fold, setting.network.words))
        name = named(setting.label, repeat, fold)
        return Fit.on(
            images, split, setting.network, scaling, recipe, engine, name, teachers.get((repeat, fold))
        )

    rows = [
        [
            fit(setting, repeat, fold, split)
            for repeat, splits in enumerate(repeats)
            for fold, split in enumerate(splits)
        ]
        for setting in settings
    ]
    return SearchPlan(settings, rows, STRATEGIES[strategy], teacher)
