"""Table 2 on a terminal: every cell's means and spread over folds, the report's figures beside ours."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gossamer.search import LEVEL
from gossamer.study.paper import TRAINING_IMAGES

_UNEVEN_FIGURES = ("balanced_accuracy", "macro_f1")


def table_2(results: Mapping[str, Any]) -> Table:
    """The table of a study's `results.json`: * the selected setting, ~ not significantly different ones."""
    cells = results["search"]["cells"]
    published = any(cell["published"] for cell in cells)
    networks = len({cell["layers"] for cell in cells}) > 1
    halved = len(results["search"]["rungs"]) > 1
    images = results["data"]["train"]
    caption = _caption(results)
    if published and images != TRAINING_IMAGES:
        caption += f" The report used {TRAINING_IMAGES:,} training images, this study {images:,}."
    table = Table(title="Table 2", title_justify="left", caption=caption, caption_justify="left")
    if networks:
        table.add_column("network")
    for heading in (
        "learning rate",
        "batch",
        "val. loss",
        "val. accuracy",
    ):
        table.add_column(heading, justify="right")
    uneven = is_uneven(results)
    if uneven:
        table.add_column("balanced acc.", justify="right")
        table.add_column("macro-F1", justify="right")
    if halved:
        table.add_column("epochs", justify="right")
    if published:
        table.add_column("report: loss", justify="right")
        table.add_column("accuracy", justify="right")
    for cell in cells:
        selected = _same(cell, results["selection"])
        alike = any(_same(cell, setting) for setting in results["selection"]["not_significant"])
        row = [cell["layers"]] if networks else []
        row += [
            ("* " if selected else "~ " if alike else "")
            + ("! " if cell.get("one_class_folds") else "")
            + f"{cell['learning_rate']:g}",
            str(cell["batch_size"]),
            _spread(cell["mean_val_loss"], cell["std_val_loss"]),
            _spread(cell["mean_val_accuracy"], cell["std_val_accuracy"]),
        ]
        if uneven:
            row += [_spread(cell[f"mean_val_{key}"], cell[f"std_val_{key}"]) for key in _UNEVEN_FIGURES]
        if halved:
            row.append(f"{cell['epochs']}")
        if cell["published"]:
            row += [f"{cell['published']['val_loss']:.4f}", f"{cell['published']['val_accuracy']:.4f}"]
        table.add_row(*row, style="bold" if selected else None)
    return table


def pareto_table(results: Mapping[str, Any]) -> Table:
    """What a smaller network costs, for a study of several; the selected one has a star."""
    caption = "Every network by its best setting; + no other costs no more and is no less accurate"
    table = Table(
        "", "network", title="Networks", caption=caption, title_justify="left", caption_justify="left"
    )
    for heading in ("parameters", "multiply-adds", "val. accuracy"):
        table.add_column(heading, justify="right")
    for row in results["search"]["pareto"]:
        table.add_row(
            ("*" if row["layers"] == results["selection"]["layers"] else "")
            + ("" if row["dominated"] else "+"),
            row["layers"],
            f"{row['parameters']:,}",
            f"{row['multiply_adds']:,}",
            _spread(row["mean_val_accuracy"], row["std_val_accuracy"]),
        )
    return table


def is_uneven(results: Mapping[str, Any]) -> bool:
    """Whether accuracy alone would hide how the small classes do."""
    from gossamer.report import UNEVEN

    sizes = results["data"]["class_sizes"]
    return bool(sizes["largest"] > UNEVEN * sizes["smallest"])


def _caption(results: Mapping[str, Any]) -> str:
    search, selection = results["search"], results["selection"]
    folds = f"{search['folds']} folds" + (f" in {search['repeats']} repeats" if search["repeats"] > 1 else "")
    caption = f"* selected by {selection['rule']}"
    if selection["not_significant"]:
        caption += f"; ~ not significantly different (corrected t-test, Holm's p >= {LEVEL})"
    elif selection["comparisons"]:
        caption += f"; significantly different from every other (corrected t-test, Holm's p < {LEVEL})"
    if stuck := sum(bool(cell.get("one_class_folds")) for cell in search["cells"]):
        caption += (
            f"; ! predicts one class only in a fold or more ({stuck} setting{'s' * (stuck > 1)}):"
            " nothing was learned"
        )
    return f"{caption}. Last epoch's means over {folds}, +- their spread."


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("layers", "learning_rate", "batch_size"))


def _spread(mean: float | None, std: float | None) -> str:
    return "diverged" if mean is None else f"{mean:.4f} +- {std:.4f}"
