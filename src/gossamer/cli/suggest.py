"""`gossamer suggest`: networks for a data set's images within budgets."""

from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import (
    Background,
    Channels,
    Json,
    MaxFlash,
    MaxMultiplyAdds,
    MaxParameters,
    MaxRam,
    Size,
    SkipBad,
    Source,
    reading_of,
)
from gossamer.cli.tables import show
from gossamer.console import say
from gossamer.files import pretty_json
from gossamer.progress import watch_download

if TYPE_CHECKING:
    from gossamer.network import Architecture

EXAMPLE = "Example: gossamer suggest fashion-mnist --max-parameters 20k"


def suggest(
    source: Source,
    *,
    max_parameters: MaxParameters = None,
    max_multiply_adds: MaxMultiplyAdds = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    count: Annotated[int, typer.Option("--count", min=1, max=200, help="How many networks at most.")] = 8,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    json: Json = False,
) -> None:
    """List networks for a data set's images within budgets, with a line for a study file.

    They have plain, separable or inverted residual convolutions. Nothing is trained: it only counts.
    Give at least one budget.
    """
    from gossamer.api import budgets_of
    from gossamer.data import open_source
    from gossamer.network import suggest_networks
    from gossamer.numbers import count as count_text
    from gossamer.tables import Column, Table

    reading = reading_of(source, size, channels, skip_bad, background)
    with interruptible(), watch_download() as on_download:
        dataset = open_source(source, on_download, reading)
    shape, classes = dataset.train.shape, len(dataset.train.classes)
    budgets = budgets_of(max_parameters, max_multiply_adds, max_ram, max_flash)
    networks = suggest_networks(shape, classes, budgets, count)
    for note in dataset.notes:
        say(note)
    line = f"layers = {_toml([network.words for network in networks])}"
    if json:
        rows = [
            {
                "layers": network.words,
                "parameters": network.parameters,
                "multiply_adds": network.multiply_adds,
                "activation_bytes": network.activation_bytes,
                "flash_bytes": network.flash_bytes,
                "last_map": list(last_map(network)),
            }
            for network in networks
        ]
        typer.echo(
            pretty_json({"shape": list(shape), "classes": classes, "networks": rows, "line": line}), nl=False
        )
        return
    title = f"{dataset.name}: {_by(shape)}, {classes} classes, at most {budgets}"
    columns = [
        Column("layers", attrgetter("words"), words=True),
        Column("parameters", attrgetter("parameters"), count_text),
        Column("multiply-adds", attrgetter("multiply_adds"), count_text),
        Column("int8 RAM", attrgetter("activation_bytes"), count_text),
        Column("flash", attrgetter("flash_bytes"), count_text),
        Column("last map", last_map, _by),
    ]
    show(Table(columns, networks), title=title)
    typer.echo(f"[network]\n{line}")


def last_map(network: "Architecture") -> tuple[int, int, int]:
    """The output of the last convolution or pool, before the ending averages or flattens it."""
    ending = 2 if network.words.endswith("gap dense") else 1
    return network.units[-1 - ending].output_shape


def _toml(words: list[str]) -> str:
    return "[" + ", ".join(f'"{each}"' for each in words) + "]"


def _by(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
