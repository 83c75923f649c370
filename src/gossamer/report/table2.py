"""Table 2: a row for every setting, ours beside the report's figures, and how close the race was."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from gossamer.numbers import figure
from gossamer.report.comparisons import METRICS
from gossamer.setting_words import in_words
from gossamer.study.paper import TRAINING_IMAGES
from gossamer.study.record import Cell, Fold, Results
from gossamer.study.words import has_spread, part

RULES = {
    "loss": "the lowest mean validation loss",
    "accuracy": "the highest mean validation accuracy",
    "balanced-accuracy": "the highest mean validation balanced accuracy",
    "macro-f1": "the highest mean validation macro-F1",
    "one-se": "the smallest network (then the largest batch, then the largest rate)"
    " within one standard error of the lowest mean validation loss",
}
"""The rules of selection in words."""


def rule(results: Results) -> str:
    """The study's rule in words."""
    name = results.selection.rule
    found = RULES.get(name, f"rule “{name}”")
    return found if has_spread(results) else found.replace("mean validation", "validation")


@dataclass(frozen=True)
class Reading:
    """A figure of a setting: ours, the report's, and how strongly to shade each (1 is its column's best)."""

    mean: float | None
    spread: float | None
    best_epoch: float | None
    published: float | None
    heat: float
    published_heat: float

    @property
    def difference(self) -> float | None:
        """Ours less the report's."""
        return None if self.mean is None or self.published is None else self.mean - self.published


@dataclass(frozen=True)
class Row:
    """A setting."""

    cell: Cell
    readings: tuple[Reading, Reading]
    """Of the validation loss and of the validation accuracy."""
    selected: bool
    stopped: bool
    """Whether a halving left it behind."""
    not_significant: bool
    """Whether it was compared with the selected setting and does not differ significantly."""


@dataclass(frozen=True)
class Table2:
    """The table; a column that would say nothing is left out.

    Attributes:
        rows: the settings, in the order of the grid.
        keys: the names of a setting's values that have a column; the network has a row of its own.
        several_networks: whether a row has to name its network.
        published: whether the report published a figure of any row.
        marks: whether a row is not_significant.
        one_class: whether a row's network predicts one class only in a fold or more.
        fewer_images: whether the report had more training images than this study.
        race: how far the selected setting is ahead of the next best; None where there is no next best.
    """

    rows: tuple[Row, ...]
    keys: tuple[str, ...]
    several_networks: bool
    published: bool
    marks: bool
    one_class: bool
    fewer_images: bool
    race: str | None


def table2(results: Results) -> Table2:
    """The table of a study's search."""
    cells, finalists = results.search.cells, results.finalists
    shaded = [cell in finalists for cell in cells]
    loss = _readings(cells, "val_loss", shaded, lower_is_better=True)
    accuracy = _readings(cells, "val_accuracy", shaded)
    alike = set(results.selection.not_significant or ())
    rows = [
        Row(cell, readings, results.is_selected(cell), cell not in finalists, cell.setting in alike)
        for cell, readings in zip(cells, zip(loss, accuracy, strict=True), strict=True)
    ]
    published = any(cell.published for cell in cells)
    return Table2(
        tuple(rows),
        keys=tuple(name for name in results.shown_names if name != "layers"),
        several_networks=len({cell.setting["layers"] for cell in cells}) > 1,
        published=published,
        marks=bool(alike),
        one_class=any(cell.one_class_folds for cell in cells),
        fewer_images=published and results.data.train < TRAINING_IMAGES,
        race=_race(results),
    )


def _readings(
    cells: Sequence[Cell], name: str, shaded: Sequence[bool], *, lower_is_better: bool = False
) -> list[Reading]:
    means = [getattr(cell, f"mean_{name}") for cell in cells]
    published = [getattr(cell.published, name, None) for cell in cells]
    final = [mean if here else None for mean, here in zip(means, shaded, strict=True)]
    heat, published_heat = _heat(final, lower_is_better), _heat(published, lower_is_better)
    return [
        Reading(
            means[i],
            getattr(cell, f"std_{name}"),
            getattr(cell, f"mean_best_{name}"),
            published[i],
            heat[i],
            published_heat[i],
        )
        for i, cell in enumerate(cells)
    ]


def _heat(values: Sequence[float | None], lower_is_better: bool) -> list[float]:
    """Each value's place between the worst (0) and the best (1) of its column; 0 for a missing one."""
    there = [value for value in values if value is not None]
    if len(set(there)) < 2:
        return [0.0] * len(values)
    worst, best = (max(there), min(there)) if lower_is_better else (min(there), max(there))
    return [0.0 if value is None else (value - worst) / (best - worst) for value in values]


def _race(results: Results) -> str | None:
    """Who came second by the rule, how far behind, and on how many folds: all settings share them."""
    name = results.selection.metric
    sound = [cell for cell in results.finalists if cell.mean_val_loss is not None]
    if name not in METRICS or len(sound) < 2:
        return None
    sign = 1 if name == "val_loss" else -1

    def penalty(scored: Cell | Fold, key: str) -> float:
        found: float | None = getattr(scored, key)
        return inf if found is None else sign * found

    selected = results.selected
    others = [cell for cell in sound if cell is not selected]
    second = min(others, key=lambda cell: penalty(cell, f"mean_{name}"))
    behind = penalty(second, f"mean_{name}") - penalty(selected, f"mean_{name}")
    if behind < 0 and results.selection.rule == "one-se":
        return _step_back(results, second, -behind)
    if not 0 <= behind < inf:
        return None  # a figure is missing, or the selection was made by a rule of another version
    pairs = list(zip(selected.folds, second.folds, strict=False))
    ahead = sum(penalty(ours, name) < penalty(theirs, name) for ours, theirs in pairs)
    next_best = f"The next best ({in_words(second.setting, results.shown_names)}) is {figure(behind)} behind"
    if len(pairs) == 1:
        return f"{next_best} in {METRICS[name]}."
    one = part(results)
    return (
        f"{next_best} in mean {METRICS[name]};"
        f" {one} by {one}, the selected one is ahead in {ahead} of {len(pairs)}."
    )


def _step_back(results: Results, best: Cell, ahead: float) -> str | None:
    """What the plainer setting costs: the rule of one standard error passed over the best mean."""
    if best.std_val_loss is None or not ahead < inf:
        return None
    error = best.std_val_loss / sqrt(len(best.folds))
    return (
        f"The lowest mean validation loss ({in_words(best.setting, results.shown_names)}) is"
        f" {figure(ahead)} lower;"
        f" its standard error over {len(best.folds)} {part(results, many=True)} is {figure(error)}."
    )
