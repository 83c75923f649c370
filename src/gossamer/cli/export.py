"""`gossamer export`: a model for elsewhere, held against the engine before it is written."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.completion import exports
from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import Background, Channels, Json, ModelFile, Size, SkipBad, reading_of
from gossamer.files import pretty_json, without_nan
from gossamer.progress import watch_download

if TYPE_CHECKING:
    from gossamer.export import Exported

EXAMPLE = "Example: gossamer export runs/fashion-mnist/model.safetensors --to onnx"


def export(
    model: ModelFile,
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="onnx, onnx-int8, c, c-int8, html, torch, huggingface.",
            autocompletion=exports,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to; by default export/ beside the model.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="The training images, where the model lies in no study folder."),
    ] = None,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    name: Annotated[str | None, typer.Option(help="Prefix of the names in C.")] = None,
    golden: Annotated[
        int,
        typer.Option(
            min=0, max=10_000, help="Golden vectors to write beside C, with a program to check them."
        ),
    ] = 0,
    finetune: Annotated[
        int,
        typer.Option(
            min=0,
            max=1_000,
            metavar="EPOCHS",
            help="Fit the weights of integers to their rounding; takes PyTorch.",
        ),
    ] = 0,
    force: Annotated[
        bool,
        typer.Option("--force", help="Write an int8 export even if its accuracy is not shown."),
    ] = False,
    json: Json = False,
) -> None:
    """Write a model for a runtime, a microcontroller, a browser, PyTorch or a hub.

    It is held against the engine on training images first; the test set stays closed.
    """
    from gossamer import export_model
    from gossamer.study.record import encode

    reading = reading_of(data, size, channels, skip_bad, background)
    with interruptible(), watch_download() as on_download:
        found = export_model(
            model,
            to,
            out,
            data=data,
            reading=reading,
            name=name,
            golden=golden,
            finetune=finetune,
            force=force,
            on_download=on_download,
        )
    if json:
        typer.echo(pretty_json(without_nan(encode(found))), nl=False)
        return
    typer.echo("\n".join(_lines(found)))
    if "layers" in found.facts:
        from gossamer.cli.tables import show
        from gossamer.export.data_sheet import layers_table
        from gossamer.export.layers import Layer

        show(layers_table([Layer(**each) for each in found.facts["layers"]]))


def _lines(found: "Exported") -> list[str]:
    parity = found.parity
    changed = f"{parity.changed_labels:,} of {parity.images:,} labels change"
    if parity.ties:
        changed += f" ({parity.ties:,} of them ties)"
    lines = [
        f"written     {', '.join(str(found.folder / name) for name in found.files)}",
        f"size        {found.size:,} bytes"
        + (f" (floats {found.facts['float_bytes']:,})" if "float_bytes" in found.facts else ""),
        f"parity      {changed}; largest difference of a logit {parity.largest_difference:.2g}",
        f"validation  {_validation(found)}",
    ]
    if "ranges" in found.facts:
        rules = found.facts["logit_errors"]
        others = ", ".join(
            f"{rule} {error:.3f}" for rule, error in rules.items() if rule != found.facts["ranges"]
        )
        lines.append(
            f"ranges      by {found.facts['ranges']}: logits change by {rules[found.facts['ranges']]:.3f}"
            f" (root mean square; by {others})"
        )
    if found.seconds is not None:
        beside = (
            f" (floats {1e6 * found.reference_seconds:,.0f})" if found.reference_seconds is not None else ""
        )
        lines.append(f"latency     {1e6 * found.seconds:,.0f} microseconds per image, one thread{beside}")
    if "buffer_bytes" in found.facts:
        lines.append(
            f"memory      {found.facts['constant_bytes']:,} bytes of constants,"
            f" a buffer of {found.facts['buffer_bytes']:,}"
        )
    return lines


def _validation(found: "Exported") -> str:
    from gossamer.numbers import counted

    if not found.validation:
        return "none: all images at hand were trained on" + (
            "" if found.loss_at_most is None else ", so that no small loss of accuracy is shown"
        )
    of = f"{found.validation:,} images"
    if found.fold_models:
        of += f" that {counted(found.fold_models, 'fit')} of its setting, exported likewise, held out"
    line = f"accuracy {found.accuracy:.4f} on {of}, the engine's {found.engine_accuracy:.4f}"
    if found.loss_at_most is None:
        return line
    return f"{line}; loss at most {100 * found.loss_at_most:.2f} points (95 %)"
