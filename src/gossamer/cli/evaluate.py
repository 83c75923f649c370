"""`gossamer evaluate`: the metrics of a model on labelled images."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gossamer.cli.console import interruptible, say
from gossamer.cli.options import Background, Channels, Json, ModelFile, Size, SkipBad, Source, reading_of
from gossamer.cli.progress import watch_download
from gossamer.cli.tables import show
from gossamer.files import pretty_json

if TYPE_CHECKING:
    from gossamer.evaluation import Metrics

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
    show(_per_class(figures, classes))
    if len(classes) <= MATRIX_AT_MOST:
        show(_confusion(figures, classes))


def _per_class(figures: "Metrics", classes: tuple[str, ...]) -> Table:
    table = Table("class", title="Every class", title_justify="left")
    for heading in ("precision", "recall", "F1", "images"):
        table.add_column(heading, justify="right")
    for name, row in zip(classes, figures.per_class, strict=True):
        table.add_row(
            _plain(name), f"{row.precision:.4f}", f"{row.recall:.4f}", f"{row.f1:.4f}", f"{row.images:,}"
        )
    return table


def _confusion(figures: "Metrics", classes: tuple[str, ...]) -> Table:
    table = Table("true \\ predicted", title="Confusion (images)", title_justify="left")
    for place in range(len(classes)):
        table.add_column(str(place), justify="right")
    for place, (name, row) in enumerate(zip(classes, figures.confusion, strict=True)):
        table.add_row(f"{place} {_plain(name)}", *(f"{images:,}" for images in row))
    return table


def _plain(name: str) -> str:
    """A class's name as it is: rich would read brackets as its own markup."""
    from rich.markup import escape

    return escape(name)
