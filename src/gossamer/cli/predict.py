"""`gossamer predict`: a model's answers on pictures."""

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import Engine, ModelFile
from gossamer.console import say
from gossamer.streams import one_line

if TYPE_CHECKING:
    from gossamer.api import Prediction

EXAMPLE = "Example: gossamer predict runs/fashion-mnist/model.safetensors photos/ --fit"
WARNINGS_SHOWN = 5

Write = Callable[["Prediction"], None]


def predict(
    model: ModelFile,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Pictures, folders of them, patterns; - for standard input."),
    ],
    *,
    fit: Annotated[
        bool, typer.Option("--fit", help="Make pictures of another size or colour into what the model takes.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture and line.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV with one column per class.")] = False,
    engine: Engine = "auto",
) -> None:
    """Say what a model sees in pictures, with its probabilities.

    A picture that cannot be read is reported, and the others are still classified; the exit code is then 1.
    """
    from gossamer import load_model, predict_images
    from gossamer.api import Unreadable
    from gossamer.errors import SettingError

    if json and csv:
        raise SettingError("--json and --csv exclude each other")
    opened = load_model(model)
    write: Write | None = None
    odd: list[str] = []
    failed = 0
    with interruptible():
        for found in predict_images(opened, images, fit=fit, engine=engine):
            write = write or _writer(opened.classes, json=json, csv=csv)
            if isinstance(found, Unreadable):
                say(f"error: {found.error}")
                failed += 1
                continue
            if found.warning is not None:
                odd.append(f"{found.name}: {found.warning}")
            write(found)
    for line in odd[:WARNINGS_SHOWN]:
        say(f"warning: {line}")
    if len(odd) > WARNINGS_SHOWN:
        say(f"warning: ... and {len(odd) - WARNINGS_SHOWN:,} other pictures like that")
    if failed:
        raise typer.Exit(1)


def _writer(classes: tuple[str, ...], *, json: bool, csv: bool) -> Write:
    if json:
        return partial(_write_json, classes)
    return _csv_writer(classes) if csv else partial(_write_line, classes)


def _write_line(classes: tuple[str, ...], found: "Prediction") -> None:
    """The three likeliest classes."""
    best = found.probabilities.argsort()[::-1][:3]
    answers = (f"{classes[i]} {found.probabilities[i]:.1%}" for i in best)
    sys.stdout.write("\t".join([one_line(found.name), *answers]) + "\n")


def _write_json(classes: tuple[str, ...], found: "Prediction") -> None:
    from json import dumps

    record = {
        "image": found.name,
        "class": found.label,
        "probabilities": dict(zip(classes, (round(float(p), 6) for p in found.probabilities), strict=True)),
        "logits": dict(zip(classes, (round(float(logit), 6) for logit in found.logits), strict=True)),
        "warning": found.warning,
    }
    sys.stdout.write(dumps(record, ensure_ascii=False) + "\n")


def _csv_writer(classes: tuple[str, ...]) -> Write:
    from csv import writer

    rows = writer(sys.stdout, lineterminator="\n")
    about, logits = ("image", "class", "warning"), [f"logit of {name}" for name in classes]
    headings = list(classes)
    if {*about, *logits} & {*headings}:  # a class may be called so, and a column is found by its heading
        headings = [f"probability of {name}" for name in classes]
    rows.writerow([*about, *headings, *logits])

    def write(found: "Prediction") -> None:
        numbers = (f"{number:.6f}" for number in (*found.probabilities, *found.logits))
        rows.writerow([found.name, found.label, found.warning or "", *numbers])

    return write
