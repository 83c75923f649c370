"""How the presets' networks were selected, run again: `python -m benchmarks.frontier.selection`.

Every round is a study file beside this one. It trains on Fashion-MNIST's training images alone, and stops
after the selection: the test set stays sealed. Rounds are kept in a folder, and go on where they were.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import gossamer
from benchmarks.command import add_outputs, deliver, say
from benchmarks.page import table
from gossamer.network import Architecture
from gossamer.study import read_study

SECTION = "selection"
ROUNDS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}


@dataclass(frozen=True)
class Candidate:
    """A network of a round, by its last epoch on the images held out."""

    round: str
    layers: str
    parameters: int
    multiply_adds: int
    epochs: int
    val_accuracy: float
    val_loss: float
    selected: bool


def candidates(name: str, folder: Path) -> list[Candidate]:
    """Every network of the round, in the order of its study file.

    Raises:
        GossamerError: the round cannot be run.
    """
    study = read_study(ROUNDS[name])
    data = gossamer.load_data(study.data.source)
    found = gossamer.search_study(study, data, out=folder)
    best = max(cell.mean_val_accuracy or 0 for cell in found.cells)
    rows = []
    for cell in found.cells:
        accuracy, loss = cell.mean_val_accuracy, cell.mean_val_loss
        assert accuracy is not None  # noqa: S101 - the search has done every fit
        assert loss is not None  # noqa: S101 - none of these diverges
        network = Architecture.parse(str(cell.setting["layers"]), data.train.shape, len(data.train.classes))
        costs = network.parameters, network.multiply_adds
        rows.append(Candidate(name, network.words, *costs, cell.epochs, accuracy, loss, accuracy == best))
    return rows


def markdown(rows: Sequence[Candidate]) -> str:
    """The table, with the selected network of each round in bold."""
    heads = ["network", "round", "parameters", "multiply-adds", "epochs", "held-out accuracy", "loss"]
    return table(
        heads,
        [
            [
                f"`{row.layers}`",
                row.round,
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
                str(row.epochs),
                f"**{100 * row.val_accuracy:.2f} %**" if row.selected else f"{100 * row.val_accuracy:.2f} %",
                f"{row.val_loss:.4f}",
            ]
            for row in rows
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, search, write; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontier.selection",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--only", choices=ROUNDS, action="append", help="a round; may be given again (all)")
    parser.add_argument("--folder", type=Path, default=Path("build/selection"), help="where studies are kept")
    add_outputs(parser)
    options = parser.parse_args(arguments)

    def run() -> tuple[str, Any]:
        rows: list[Candidate] = []
        for name in options.only or ROUNDS:
            rows += candidates(name, options.folder / name)
            say(f"{name}: {', '.join(f'{row.val_accuracy:.4f}' for row in rows if row.round == name)}")
        return markdown(rows), [asdict(row) for row in rows]

    return deliver(options, SECTION, run)


if __name__ == "__main__":
    sys.exit(main())
