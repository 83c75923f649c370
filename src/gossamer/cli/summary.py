"""`gossamer summary`: each layer's output shape and parameters, and what the network takes in all."""

import re
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.errors import SettingError
from gossamer.files import pretty_json

EXAMPLE = 'Example: gossamer summary "conv16 pool conv32 pool dense" --input 28x28x1 --classes 10'


def summary(
    layers: Annotated[
        str,
        typer.Argument(
            metavar="LAYERS",
            help="The network in words, such as 'conv16 pool conv32 pool dense', or a model file.",
        ),
    ],
    input_: Annotated[
        str | None, typer.Option("--input", metavar="HxWxC", help="An image's shape (default: 28x28x1).")
    ] = None,
    classes: Annotated[
        int | None, typer.Option(min=2, max=1000, help="How many classes (default: 10).")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Print the layers, output shapes, parameters, multiply-adds and memory of a network, or of a model's.

    A word that is unknown is answered with the list of all words.
    """
    from gossamer.models import named_model
    from gossamer.network import Architecture, load_model
    from gossamer.numbers import count
    from gossamer.tables import Column, Table

    if named_model(layers) or Path(layers).exists():
        if input_ or classes:
            raise SettingError(
                f"{layers} is a model, which has its shape and classes; leave out --input and --classes"
            )
        network = load_model(Path(layers)).network
    else:
        network = Architecture.parse(layers, _shape(input_ or "28x28x1"), classes or 10)
    if json:
        rows = [
            {
                "name": unit.name,
                "word": unit.word,
                "output_shape": list(unit.output_shape),
                "parameters": unit.parameters,
                "multiply_adds": unit.multiply_adds,
            }
            for unit in network.units
        ]
        totals = {
            "parameters": network.parameters,
            "deployed_parameters": network.folded.parameters,
            "multiply_adds": network.multiply_adds,
            "activation_bytes": network.activation_bytes,
        }
        typer.echo(pretty_json({"layers": network.words, "units": rows} | totals), nl=False)
        return
    lines = [("input", "", network.input_shape, 0, 0)]
    lines += [
        (unit.name, unit.word, unit.output_shape, unit.parameters, unit.multiply_adds)
        for unit in network.units
    ]
    columns = [
        Column("layer", itemgetter(0), words=True),
        Column("word", itemgetter(1), words=True),
        Column("output", itemgetter(2), _by, words=True),
        Column("parameters", itemgetter(3), count),
        Column("multiply-adds", itemgetter(4), count),
    ]
    footer = ["total", "", "", count(network.parameters), count(network.multiply_adds)]
    show(Table(columns, lines), title=network.words, footer=footer)
    typer.echo(
        f"{count(network.parameters)} trained parameters, {count(network.folded.parameters)} deployed;"
        f" {count(network.activation_bytes)} bytes of activations in int8"
    )


def _shape(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,2})", text)
    if not match:
        raise SettingError(f"--input must be HxWxC, such as 28x28x1; got {text!r}")
    return int(match[1]), int(match[2]), int(match[3])


def _by(shape: tuple[int, int, int]) -> str:
    return " x ".join(map(str, shape))
