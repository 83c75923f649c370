"""search.csv, history.csv and doubts.csv: a study's figures for spreadsheets and pandas."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

from gossamer.data import LabelledImages
from gossamer.evaluation import Answer

_SHARES = ("accuracy", "balanced_accuracy", "macro_f1")
"""Figures of which more is better."""
DOUBT_COLUMNS = ("image", "label", "looks_like", "probability_of_label", "probability_of_other")


def search_csv(results: Mapping[str, Any]) -> str:
    """One row per cell, in the style of scikit-learn's `cv_results_`; "val" is the validation fold.

    `..._best_loss` and `..._best_accuracy` are of each fold's best epoch, all else is the last epoch's.
    Spreads are sample standard deviations (n - 1). Rank 1 is the best, and equals share a rank.
    """
    cells = results["search"]["cells"]
    losses = [cell["mean_val_loss"] for cell in cells]
    rows = []
    for cell in cells:
        row = {
            "param_layers": cell["layers"],
            "param_learning_rate": cell["learning_rate"],
            "param_batch_size": cell["batch_size"],
            "epochs": cell["epochs"],
        }
        for figure in ("loss", *_SHARES, "best_loss", "best_accuracy"):
            key = figure.replace("best_", "best_val_") if "best" in figure else f"val_{figure}"
            row |= {f"split{i}_val_{figure}": fold[key] for i, fold in enumerate(cell["folds"])}
            row[f"mean_val_{figure}"] = cell[f"mean_{key}"]
            if f"std_{key}" in cell:
                row[f"std_val_{figure}"] = cell[f"std_{key}"]
        row["rank_val_loss"] = _rank(cell["mean_val_loss"], losses)
        for figure in _SHARES:
            row[f"rank_val_{figure}"] = _rank(_less(cell, figure), [_less(each, figure) for each in cells])
        rows.append(row)
    return _csv(rows)


def history_csv(results: Mapping[str, Any]) -> str:
    """One row an epoch of the final fit."""
    return _csv(results["final"]["history"])


def doubts_csv(doubts: Sequence[Answer], images: LabelledImages) -> str:
    """One row an image whose label is possibly wrong, the largest margin first; `image` is where it is found.

    That is a file's name or the like, or the image's place in its source, counted from 0.
    """
    names = images.classes
    rows = [
        (
            str(images.origins[each.row]),
            names[each.label],
            names[each.predicted],
            each.of_label,
            each.confidence,
        )
        for each in doubts
    ]
    return _text([DOUBT_COLUMNS, *rows])


def _less(cell: Mapping[str, Any], figure: str) -> float | None:
    mean: float | None = cell[f"mean_val_{figure}"]
    return None if mean is None else -mean


def _rank(value: float | None, values: Sequence[float | None]) -> int:
    """1 + how many are better (lower); a missing value is worse than any other."""
    if value is None:
        return 1 + sum(each is not None for each in values)
    return 1 + sum(each is not None and each < value for each in values)


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    rows = list(rows)
    return _text([list(rows[0]), *(list(row.values()) for row in rows)])


def _text(rows: Iterable[Sequence[Any]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
