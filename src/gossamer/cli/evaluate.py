"""`gossamer evaluate`: the metrics of a model on labelled images."""

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gossamer.cli.console import interruptible, say
from gossamer.cli.options import Background, Channels, Json, ModelFile, Size, SkipBad, Source, reading_of
from gossamer.cli.progress import watch_download
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.evaluation import ClassMetrics, Metrics
    from gossamer.tables import Table

EXAMPLE = "Example: gossamer evaluate runs/fashion-mnist/model.safetensors fashion-mnist"
SCORES = {"precision": "precision", "recall": "recall", "f1": "F1"}
MATRIX_AT_MOST = 20
"""Classes up to which the confusion table is printed; --json has it whole."""


def evaluate(
    model: ModelFile,
    source: Source,
    *,
    split: Annotated[
        str, typer.Option(help="Which images: test, train, or all.", metavar="test|train|all")
    ] = "test",
    engine: Annotated[str, typer.Option(help="What computes: auto, native, torch.")] = "auto",
    device: Annotated[str, typer.Option(help="Where: auto, cpu, cuda, mps.")] = "auto",
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    json: Json = False,
) -> None:
    """Score a model on labelled images: accuracy, loss, balanced accuracy, macro-F1, every class.

    A look at test images is a test-set access: in a study folder, the journal records it.
    """
    from gossamer.stats.wilson import wilson_interval
    from gossamer.study import evaluate_model

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
    figures, classes = found.metrics, found.model.classes
    low, high = wilson_interval(figures.correct, figures.n)
    if json:
        record = {
            "model": found.model.hash,
            "data": found.data,
            "split": found.split,
            "n": figures.n,
            "correct": figures.correct,
            "accuracy": figures.accuracy,
            "interval": [low, high],
            "loss": figures.loss,
            "balanced_accuracy": figures.balanced_accuracy,
            "macro_f1": figures.macro_f1,
            "accesses": found.accesses,
            "per_class": [
                {"class": name, "precision": c.precision, "recall": c.recall, "f1": c.f1, "images": c.images}
                for name, c in zip(classes, figures.per_class, strict=True)
            ],
            "confusion": [list(row) for row in figures.confusion],
        }
        typer.echo(pretty_json(record), nl=False)
        return
    typer.echo(
        f"{found.data}, {found.split} images: {figures.correct:,} of {figures.n:,} correct\n"
        f"accuracy           {figures.accuracy:.4f}  (95 % interval {low:.4f} to {high:.4f})\n"
        f"balanced accuracy  {figures.balanced_accuracy:.4f}\n"
        f"macro-F1           {figures.macro_f1:.4f}\n"
        f"loss               {figures.loss:.4f}"
    )
    show(_per_class(figures, classes), title="Every class")
    if len(classes) <= MATRIX_AT_MOST:
        show(_confusion(figures, classes), title="Confusion (images)")


def _per_class(figures: "Metrics", classes: tuple[str, ...]) -> "Table[tuple[str, ClassMetrics]]":
    from gossamer.numbers import count, figure
    from gossamer.tables import Column, Table

    def of(name: str, heading: str, shown: Callable[[Any], str]) -> "Column[tuple[str, ClassMetrics]]":
        return Column(heading, lambda row: getattr(row[1], name), shown)

    return Table(
        [
            Column("class", itemgetter(0), words=True),
            *(of(name, heading, figure) for name, heading in SCORES.items()),
            of("images", "images", count),
        ],
        list(zip(classes, figures.per_class, strict=True)),
    )


def _confusion(figures: "Metrics", classes: tuple[str, ...]) -> "Table[tuple[str, tuple[int, ...]]]":
    from gossamer.numbers import count
    from gossamer.tables import Column, Table

    def of(place: int) -> "Column[tuple[str, tuple[int, ...]]]":
        return Column(str(place), lambda row: row[1][place], count)

    named = (f"{place} {name}" for place, name in enumerate(classes))
    return Table(
        [Column("true \\ predicted", itemgetter(0), words=True), *map(of, range(len(classes)))],
        list(zip(named, figures.confusion, strict=True)),
    )
