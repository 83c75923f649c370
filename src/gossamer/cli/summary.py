"""`gossamer summary`: each layer's output shape and parameters."""

import re
from typing import Annotated

import typer
from rich.table import Table

from gossamer.cli.options import Json
from gossamer.cli.tables import show
from gossamer.errors import SettingError
from gossamer.files import pretty_json

EXAMPLE = 'Example: gossamer summary "conv16 pool conv32 pool dense" --input 28x28x1 --classes 10'


def summary(
    layers: Annotated[
        str,
        typer.Argument(
            metavar="LAYERS", help="The network in words, such as 'conv16 pool conv32 pool dense'."
        ),
    ],
    input_: Annotated[str, typer.Option("--input", metavar="HxWxC", help="An image's shape.")] = "28x28x1",
    classes: Annotated[int, typer.Option(min=2, max=1000, help="How many classes.")] = 10,
    *,
    json: Json = False,
) -> None:
    """Print a network's layers, output shapes and parameters.

    Words: convC (3x3 convolution to C channels), convCkK (K x K), pool, gap, dense.
    """
    from gossamer.network import Architecture

    network = Architecture.parse(layers, _shape(input_), classes)
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
        totals = {"parameters": network.parameters, "multiply_adds": network.multiply_adds}
        typer.echo(pretty_json({"layers": network.words, "units": rows} | totals), nl=False)
        return
    table = Table("layer", "word", "output", title=network.words, title_justify="left", show_footer=True)
    table.add_column("parameters", footer=f"{network.parameters:,}", justify="right")
    table.add_column("multiply-adds", footer=f"{network.multiply_adds:,}", justify="right")
    table.columns[0].footer = "total"
    table.add_row("input", "", _by(network.input_shape), "0", "0")
    for unit in network.units:
        table.add_row(
            unit.name,
            unit.word,
            _by(unit.output_shape),
            f"{unit.parameters:,}",
            f"{unit.multiply_adds:,}",
        )
    show(table)


def _shape(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,2})", text)
    if not match:
        raise SettingError(f"--input must be HxWxC, such as 28x28x1; got {text!r}")
    return int(match[1]), int(match[2]), int(match[3])


def _by(shape: tuple[int, int, int]) -> str:
    return " x ".join(map(str, shape))
