"""`gossamer predict`: a model's answers on pictures."""

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.console import interruptible, say
from gossamer.cli.options import ModelFile
from gossamer.cli.streams import one_line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXAMPLE = "Example: gossamer predict runs/fashion-mnist/model.safetensors photos/ --fit"
BATCH = 2_000
WARNINGS_SHOWN = 5

Write = Callable[[str, "NDArray[np.float64]", "NDArray[np.float32]", str | None], None]
"""Given a picture's name, its probabilities (classes,), its logits (classes,) and what is odd about it."""


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
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a picture, one a line.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a column a class.")] = False,
    engine: Annotated[str, typer.Option(help="What computes: auto, native, torch.")] = "auto",
) -> None:
    """Say what a model sees in pictures, with its probabilities.

    A picture that cannot be read costs no other its answer: it is named, and the exit code is 1 in the end.
    """
    import numpy as np

    from gossamer.cpus import usable_cpus
    from gossamer.data import read_named
    from gossamer.engine import open_engine
    from gossamer.errors import SettingError
    from gossamer.inference import Predictor
    from gossamer.network import load_model

    if json and csv:
        raise SettingError("--json and --csv exclude each other")
    predictor = Predictor(load_model(model), open_engine(engine), threads=usable_cpus())
    unfitted: dict[str, str | None] = {}

    def prepare(picture: "NDArray[np.uint8]", name: str) -> "NDArray[np.uint8]":
        prepared = predictor.prepare(picture, name, fit=fit)
        if prepared is not picture:
            (unfitted[name],) = predictor.oddities(picture[np.newaxis])
        return prepared

    write = _writer(predictor.model.classes, json=json, csv=csv)
    odd: list[str] = []
    failed = 0
    with interruptible():
        for group in read_named(images, prepare, reading=predictor.reading(fit=fit), batch=BATCH):
            for each in group:
                if each.error is not None:
                    say(f"error: {each.error}")
                    failed += 1
            read = [(each.name, each.pixels) for each in group if each.pixels is not None]
            if not read:
                continue
            stack = np.stack([pixels for _, pixels in read])
            logits, oddities = predictor.logits(stack), predictor.oddities(stack)
            rows = predictor.model.probabilities(logits)
            for (name, _), row, raw, oddity in zip(read, rows, logits, oddities, strict=True):
                found = unfitted.get(name, oddity)
                if found is not None:
                    odd.append(f"{name}: {found}")
                write(name, row, raw, found)
            unfitted.clear()
    for line in odd[:WARNINGS_SHOWN]:
        say(f"warning: {line}")
    if len(odd) > WARNINGS_SHOWN:
        say(f"warning: ... and {len(odd) - WARNINGS_SHOWN:,} other pictures like that")
    if failed:
        raise typer.Exit(1)


def _writer(classes: tuple[str, ...], *, json: bool, csv: bool) -> Write:
    if json:
        return partial(_write_json, classes)
    if csv:
        return _csv_writer(classes)
    return lambda name, row, *_: _write_line(classes, name, row)


def _write_line(classes: tuple[str, ...], name: str, row: "NDArray[np.float64]") -> None:
    """The three likeliest classes."""
    best = row.argsort()[::-1][:3]
    sys.stdout.write(f"{one_line(name)}\t" + "\t".join(f"{classes[i]} {row[i]:.1%}" for i in best) + "\n")


def _write_json(
    classes: tuple[str, ...],
    name: str,
    row: "NDArray[np.float64]",
    logits: "NDArray[np.float32]",
    odd: str | None,
) -> None:
    from json import dumps

    record = {
        "image": name,
        "class": classes[int(row.argmax())],
        "probabilities": dict(zip(classes, (round(float(p), 6) for p in row), strict=True)),
        "logits": dict(zip(classes, (round(float(logit), 6) for logit in logits), strict=True)),
        "warning": odd,
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
    return lambda name, row, logits, odd: rows.writerow(
        [name, classes[int(row.argmax())], odd or "", *(f"{number:.6f}" for number in (*row, *logits))]
    )
