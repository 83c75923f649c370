"""`gossamer data`: what a source holds, whether it is sound, how it is split, and fetching it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.help import App
from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import Background, Channels, Json, Size, SkipBad, Source, reading_of
from gossamer.console import say
from gossamer.files import pretty_json
from gossamer.numbers import counted
from gossamer.progress import watch_download

if TYPE_CHECKING:
    from gossamer.data import Dataset, Duplicates, NearDuplicates

EXAMPLE = "Example: gossamer data info fashion-mnist"

app = App(help="Look at, check, split or fetch a data set.")


@app.command(epilog=EXAMPLE)
def info(
    source: Source = "fashion-mnist",
    *,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with images of every class and duplicates.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """Say what a data set holds."""
    from gossamer.data import find_duplicates, find_near_duplicates

    dataset = _open(source, size, channels, skip_bad, background)
    train, test = dataset.train, dataset.test
    exact, near = find_duplicates(train, test), find_near_duplicates(train, test)
    if html is not None:
        from gossamer.report import write_data_page

        write_data_page(dataset, exact, near, html)
    height, width, channels = train.shape
    if json:
        record = {
            "name": dataset.name,
            "shape": [height, width, channels],
            "classes": list(train.classes),
            "train": {
                "images": len(train),
                "per_class": train.class_counts.tolist(),
                "fingerprint": train.fingerprint,
            },
            "test": {"images": len(test), "fingerprint": test.fingerprint},
            "notes": list(dataset.notes),
            "duplicates": asdict(exact),
            "near_duplicates": asdict(near),
        }
        typer.echo(pretty_json(record), nl=False)
        return
    typer.echo(f"{dataset.name}: {height}x{width} pixels, {counted(channels, 'channel')}")
    typer.echo(f"training images  {len(train):>7,}  fingerprint {train.fingerprint}")
    typer.echo(f"test images      {len(test):>7,}  fingerprint {test.fingerprint}  (sealed)")
    _say_duplicates(exact, near)
    for label, (name, count) in enumerate(zip(train.classes, train.class_counts, strict=True)):
        typer.echo(f"  class {label:>3}  {name:<16} {count:>7,} training images")
    if html is not None:
        typer.echo(f"page             {html}")


@app.command(epilog="Example: gossamer data verify fashion-mnist")
def verify(
    source: Source = "fashion-mnist",
    *,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
) -> None:
    """Read every file of a data set with all checks; say where a fault is, and what is there twice."""
    from gossamer.data import find_duplicates, find_near_duplicates

    dataset = _open(source, size, channels, skip_bad, background)
    typer.echo(
        f"{dataset.name}: {len(dataset.train):,} training and {len(dataset.test):,} test images, all sound"
    )
    _say_duplicates(
        find_duplicates(dataset.train, dataset.test), find_near_duplicates(dataset.train, dataset.test)
    )


@app.command(epilog="Example: gossamer data split my-pictures --size 28x28 --out lists")
def split(
    source: Source = "fashion-mnist",
    *,
    out: Annotated[Path, typer.Option(help="The folder to write train.csv and test.csv to.", metavar="DIR")],
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
) -> None:
    """List a data set's training and test images, for other tools to use the same."""
    from gossamer.data import write_split

    dataset = _open(source, size, channels, skip_bad, background)
    train, test = write_split(dataset, out)
    typer.echo(f"training images  {len(dataset.train):>7,}  {train}")
    typer.echo(f"test images      {len(dataset.test):>7,}  {test}")


@app.command(epilog="Example: gossamer data fetch fashion-mnist")
def fetch(source: Source = "fashion-mnist") -> None:
    """Make sure that a data set is on this machine, and say where."""
    from gossamer.data import fetch_source

    with interruptible(), watch_download() as on_progress:
        typer.echo(fetch_source(source, on_progress))


def _say_duplicates(exact: "Duplicates", near: "NearDuplicates") -> None:
    typer.echo(f"exact duplicates {_counts(exact)}; with contradicting labels {exact.contradicting:,}")
    typer.echo(f"near duplicates  {_counts(near)}; by difference hash, for information")


def _counts(found: "Duplicates | NearDuplicates") -> str:
    return f"training {found.train:,}, test {found.test:,}, across {found.across:,}"


def _open(
    source: str, size: str | None, channels: int | None, skip_bad: bool | None, background: str | None
) -> "Dataset":
    from gossamer.data import open_source

    reading = reading_of(source, size, channels, skip_bad, background)
    with interruptible(), watch_download() as on_progress:
        dataset = open_source(source, on_progress, reading)
    for note in dataset.notes:
        say(note)
    return dataset
