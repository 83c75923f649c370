"""How a study's settings were scored, and its model trained, in words for terminal, page and model card."""

from gossamer.numbers import count
from gossamer.study.record import Results


def part(results: Results, *, many: bool = False) -> str:
    """What a setting was scored on: "fold" or "hold-out"."""
    return ("fold" if results.search.folds > 1 else "hold-out") + "s" * many


def parts(results: Results) -> str:
    """What a setting's figures are over: "5 folds in 3 repeats", "2 hold-outs", "one hold-out"."""
    search = results.search
    if search.folds > 1:
        return f"{search.folds} folds" + (f" in {search.repeats} repeats" if search.repeats > 1 else "")
    return f"{search.repeats} hold-outs" if search.repeats > 1 else "one hold-out"


def scoring(results: Results) -> str:
    """How settings were scored: "5-fold cross validation on 48,000 training images"."""
    search, images = results.search, f"{count(results.data.train)} training images"
    if search.folds > 1:
        return f"{search.folds}-fold cross validation on {images}"
    share = "a part" if search.holdout is None else f"{100 * search.holdout:.4g}%"
    return f"{parts(results)}{', each' if search.repeats > 1 else ''} of {share} of {images}"


def has_spread(results: Results) -> bool:
    """Whether there is more than one figure of each setting, so that means have a spread."""
    return results.search.folds * results.search.repeats > 1
