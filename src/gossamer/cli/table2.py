"""Table 2 on a terminal: every cell's means and spread over folds, the report's figures beside ours."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gossamer.study.paper import TRAINING_IMAGES


def table_2(results: Mapping[str, Any]) -> Table:
    """The table of a study's `results.json`; the winner has a star."""
    cells, folds = results["search"]["cells"], results["search"]["folds"]
    published = any(cell["published"] for cell in cells)
    networks = len({cell["layers"] for cell in cells}) > 1
    images = results["data"]["train"]
    caption = (
        f"* chosen by {results['choice']['rule']}. Last epoch's means over {folds} folds, +- their spread."
    )
    if published and images != TRAINING_IMAGES:
        caption += f" The report used {TRAINING_IMAGES:,} training images, this study {images:,}."
    table = Table(title="Table 2", title_justify="left", caption=caption, caption_justify="left")
    for heading in (["network"] if networks else []) + [
        "learning rate",
        "batch",
        "val. loss",
        "val. accuracy",
    ]:
        table.add_column(heading, justify="right", no_wrap=True)
    if published:
        table.add_column("report: loss", justify="right", no_wrap=True)
        table.add_column("accuracy", justify="right", no_wrap=True)
    for cell in cells:
        chosen = all(cell[key] == results["choice"][key] for key in ("layers", "learning_rate", "batch_size"))
        row = [cell["layers"]] if networks else []
        row += [
            ("* " if chosen else "") + f"{cell['learning_rate']:g}",
            str(cell["batch_size"]),
            _spread(cell["mean_val_loss"], cell["std_val_loss"]),
            _spread(cell["mean_val_accuracy"], cell["std_val_accuracy"]),
        ]
        if cell["published"]:
            row += [f"{cell['published']['val_loss']:.4f}", f"{cell['published']['val_accuracy']:.4f}"]
        table.add_row(*row, style="bold" if chosen else None)
    return table


def _spread(mean: float | None, std: float | None) -> str:
    return "diverged" if mean is None else f"{mean:.4f} +- {std:.4f}"
