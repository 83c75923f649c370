"""`gossamer evaluate`: the metrics of a model on labelled images."""

from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import (
    Background,
    Channels,
    Device,
    Engine,
    Json,
    ModelFile,
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
    from gossamer.study.evaluate import ClassFigures, Evaluation
    from gossamer.tables import Table

EXAMPLE = "Example: gossamer evaluate runs/fashion-mnist/model.safetensors fashion-mnist"
MATRIX_AT_MOST = 20
"""Classes up to which the confusion table is printed; --json has it whole."""


def evaluate(
    model: ModelFile,
    source: Source,
    *,
    split: Annotated[
        str, typer.Option(help="Which images: test, train, or all.", metavar="test|train|all")
    ] = "test",
    engine: Engine = "auto",
    device: Device = "auto",
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    json: Json = False,
) -> None:
    """Score a model on labelled images: accuracy, loss, balanced accuracy, macro-F1, every class.

    A look at test images is a test-set access: in a study folder, the journal records it.
    """
    from gossamer import evaluate_model
    from gossamer.numbers import figure
    from gossamer.study.record import encode

    reading = reading_of(source, size, channels, skip_bad, background)
    with interruptible(), watch_download() as on_download:
        found = evaluate_model(
            model,
            source,
            split=split,
            reading=reading,
            engine=engine,
            device=device,
            on_download=on_download,
        )
    for note in found.notes:
        say(note)
    if json:
        typer.echo(pretty_json(encode(found)), nl=False)
        return
    low, high = found.interval
    typer.echo(
        f"{found.data}, {found.split} images: {found.correct:,} of {found.n:,} correct\n"
        f"accuracy           {figure(found.accuracy)}  (95 % interval {figure(low)} to {figure(high)})\n"
        f"balanced accuracy  {figure(found.balanced_accuracy)}\n"
        f"macro-F1           {figure(found.macro_f1)}\n"
        f"loss               {figure(found.loss)}"
    )
    show(_per_class(found), title="Every class")
    if len(found.per_class) <= MATRIX_AT_MOST:
        show(_confusion(found), title="Confusion (images)")


def _per_class(found: "Evaluation") -> "Table[ClassFigures]":
    from gossamer.numbers import count, figure
    from gossamer.tables import Column, Table

    return Table(
        [
            Column("class", attrgetter("name"), words=True),
            Column("precision", attrgetter("precision"), figure),
            Column("recall", attrgetter("recall"), figure),
            Column("F1", attrgetter("f1"), figure),
            Column("images", attrgetter("images"), count),
        ],
        found.per_class,
    )


def _confusion(found: "Evaluation") -> "Table[tuple[str, tuple[int, ...]]]":
    from gossamer.numbers import count
    from gossamer.tables import Column, Table

    def of(place: int) -> "Column[tuple[str, tuple[int, ...]]]":
        return Column(str(place), lambda row: row[1][place], count)

    names = (f"{place} {each.name}" for place, each in enumerate(found.per_class))
    return Table(
        [Column("true \\ predicted", itemgetter(0), words=True), *map(of, range(len(found.per_class)))],
        list(zip(names, found.confusion, strict=True)),
    )
