"""`gossamer presets`: the studies that come with gossamer."""

from operator import itemgetter
from typing import Annotated, Any

import typer

from gossamer.cli import completion
from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

EXAMPLE = "Example: gossamer presets small-20k > study.toml"

SHAPE, CLASSES = (28, 28, 1), 10


def presets(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Print the study file of this preset.",
            autocompletion=completion.presets,
        ),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List the presets, the studies that `gossamer run --preset NAME` runs.

    Parameters, multiply-adds and the buffer of the int8 C export are for grey images of 28x28 in 10 classes.
    The test accuracy on Fashion-MNIST is the mean over seeds with its standard deviation. The minutes are
    those of the whole study.
    """
    from gossamer.network import Architecture
    from gossamer.numbers import count
    from gossamer.presets import PRESETS, load_preset, preset_file
    from gossamer.presets.measured import read_measured
    from gossamer.tables import Column, Table

    if name is not None:
        typer.echo(preset_file(name).read_text(), nl=False)
        return
    rows: list[dict[str, Any]] = []
    measured = read_measured()
    for each in PRESETS:
        study = load_preset(each)
        point = measured.find(each, study)
        network = Architecture.parse(study.network.layers[0], SHAPE, CLASSES)
        rows.append(
            {
                "name": each,
                "layers": network.words,
                "parameters": network.parameters,
                "multiply_adds": network.multiply_adds,
                "activation_bytes": network.activation_bytes,
                "epochs": study.training.epochs[0],
                "fashion_mnist": point
                and dict(
                    zip(("mean_accuracy", "std_accuracy"), point.accuracy, strict=True),
                    seeds=len(point.seeds),
                    minutes=point.seconds / 60,
                    machine=point.machine.partition(";")[0],
                ),
            }
        )
    if json:
        typer.echo(pretty_json(rows), nl=False)
        return
    columns = [
        Column("preset", itemgetter("name"), words=True),
        Column("parameters", itemgetter("parameters"), count),
        Column("multiply-adds", itemgetter("multiply_adds"), count),
        Column("int8 buffer", itemgetter("activation_bytes"), count),
        Column("epochs", itemgetter("epochs"), count),
        Column("Fashion-MNIST", itemgetter("fashion_mnist"), _accuracy),
        Column("seeds", itemgetter("fashion_mnist"), _seeds),
        Column("minutes", itemgetter("fashion_mnist"), _minutes),
    ]
    show(Table(columns, rows))
    machines = dict.fromkeys(row["fashion_mnist"]["machine"] for row in rows if row["fashion_mnist"])
    typer.echo(f"minutes of the whole study, on {' or '.join(machines)}")


def _accuracy(figures: dict[str, Any] | None) -> str:
    from gossamer.numbers import mean_and_spread

    if figures is None:
        return "not measured"
    return mean_and_spread((figures["mean_accuracy"], figures["std_accuracy"]))


def _seeds(figures: dict[str, Any] | None) -> str:
    return str(figures["seeds"]) if figures else ""


def _minutes(figures: dict[str, Any] | None) -> str:
    return f"{figures['minutes']:.0f}" if figures else ""
