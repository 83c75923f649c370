"""`gossamer presets`: the studies that come with gossamer."""

from operator import itemgetter
from typing import Annotated

import typer

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.files import pretty_json

EXAMPLE = "Example: gossamer presets small-20k > study.toml"

SHAPE, CLASSES = (28, 28, 1), 10


def presets(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print the study file of this preset.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List the presets, the studies that `gossamer run --preset NAME` runs.

    Parameters, multiply-adds and RAM are for grey images of 28x28 in 10 classes.
    """
    from gossamer.network import Architecture
    from gossamer.numbers import count
    from gossamer.presets import PRESETS, load_preset, preset_file
    from gossamer.tables import Column, Table

    if name is not None:
        typer.echo(preset_file(name).read_text(), nl=False)
        return
    rows = []
    for each in PRESETS:
        study = load_preset(each)
        network = Architecture.parse(study.network.layers[0], SHAPE, CLASSES)
        rows.append(
            {
                "name": each,
                "layers": network.words,
                "parameters": network.parameters,
                "multiply_adds": network.multiply_adds,
                "activation_bytes": network.activation_bytes,
                "epochs": study.training.epochs[0],
            }
        )
    if json:
        typer.echo(pretty_json(rows), nl=False)
        return
    columns = [
        Column("preset", itemgetter("name"), words=True),
        Column("parameters", itemgetter("parameters"), count),
        Column("multiply-adds", itemgetter("multiply_adds"), count),
        Column("int8 RAM", itemgetter("activation_bytes"), count),
        Column("epochs", itemgetter("epochs"), count),
    ]
    show(Table(columns, rows))
