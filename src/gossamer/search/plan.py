"""What a search is to do: a fit of every setting on every fold, and how far each is taken."""

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search.fits import Fit
from gossamer.search.rungs import STRATEGIES, Rung
from gossamer.search.setting import Setting
from gossamer.seeds import derive_seed
from gossamer.training import Recipe


@dataclass(frozen=True, eq=False)
class SearchPlan:
    """The fits of a search, a row a setting, a column a fold (of every repeat), and its rungs."""

    settings: Sequence[Setting]
    fits: Sequence[Sequence[Fit]]
    rungs: Sequence[Rung]

    @property
    def all_fits(self) -> list[Fit]:
        """Every fit, setting by setting."""
        return [fit for row in self.fits for fit in row]


def plan_search(
    images: LabelledImages,
    repeats: Sequence[Sequence[Split]],
    settings: Sequence[Setting],
    engine: Engine,
    scaling: Scaling,
    *,
    epochs: int,
    strategy: str = "grid",
    seed: str,
    label: str = "",
) -> SearchPlan:
    """Name every fit of the search, and its rungs by the strategy; `label` begins every fit's.

    A fold's starting weights and orders depend on the seed, the repeat, the fold and the network alone, so
    all rates and batch sizes are compared on the same folds, starts and orders.
    """

    def fit(setting: Setting, repeat: int, fold: int, split: Split) -> Fit:
        fit_seed = derive_seed("fit", seed, repeat, fold, setting.network.words)
        recipe = Recipe(fit_seed, setting.learning_rate, setting.batch_size, epochs)
        parts = [label] if label else []
        parts += [str(setting)] + ([f"repeat {repeat + 1}"] if len(repeats) > 1 else [])
        name = ", ".join([*parts, f"fold {fold + 1}"])
        return Fit.on(images, split, setting.network, scaling, recipe, engine, name)

    rows = [
        [
            fit(setting, repeat, fold, split)
            for repeat, splits in enumerate(repeats)
            for fold, split in enumerate(splits)
        ]
        for setting in settings
    ]
    return SearchPlan(settings, rows, STRATEGIES[strategy](epochs, len(settings)))
