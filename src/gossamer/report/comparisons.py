"""Whom the chosen setting can be told from, in words."""

from gossamer.report.records import Results

METRICS = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "validation balanced accuracy",
    "val_macro_f1": "validation macro-F1",
}
"""The figures that settings are compared by, in words."""


def metric(results: Results) -> str:
    """The figure that the settings were compared by."""
    return METRICS.get(results.choice.metric, results.choice.metric)


def finding(results: Results) -> str | None:
    """How many settings cannot be told from the chosen one; None where none was compared with it."""
    compared = results.choice.comparisons
    if not compared:
        return None
    alike = sum(not each.told_apart for each in compared)
    diverged = len(results.finalists) - 1 - len(compared)
    others = "one other setting" if len(compared) == 1 else f"{len(compared):,} other settings"
    others += " that did not diverge" if diverged else ""
    if alike == 0:
        return f"The chosen setting can be told from the {others}."
    if alike < len(compared):
        return f"Of the {others}, {alike:,} cannot be told from the chosen one by these folds."
    if alike == 1:
        return f"The {others} cannot be told from the chosen one by these folds."
    return f"None of the {others} can be told from the chosen one."
