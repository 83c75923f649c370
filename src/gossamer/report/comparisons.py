"""Which settings differ significantly from the selected one, in words."""

from gossamer.study.record import Results

METRICS = {
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "validation balanced accuracy",
    "val_macro_f1": "validation macro-F1",
}
"""The figures that settings are compared by, in words."""


def metric(results: Results) -> str:
    """The figure that the settings were compared by."""
    return METRICS.get(results.selection.metric, results.selection.metric)


def finding(results: Results) -> str | None:
    """How many settings do not differ significantly from the selected one; None where there is no other."""
    if results.selection.comparisons is None and len(results.finalists) > 1:
        return (
            "With one figure of each setting there is no spread, so none was compared with the selected one:"
            " how much of a difference is chance is not known."
        )
    compared = results.selection.comparisons or ()
    if not compared:
        return None
    alike = sum(not each.significant for each in compared)
    diverged = len(results.finalists) - 1 - len(compared)
    others = "one other setting" if len(compared) == 1 else f"{len(compared):,} other settings"
    others += " that did not diverge" if diverged else ""
    if alike == 0:
        return f"The selected setting differs significantly from the {others}."
    if alike < len(compared):
        do = "does" if alike == 1 else "do"
        return f"Of the {others}, {alike:,} {do} not differ significantly from the selected one."
    if alike == 1:
        return f"The {others} does not differ significantly from the selected one."
    return f"None of the {others} differs significantly from the selected one."
