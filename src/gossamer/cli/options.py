"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli.completion import devices, engines, models, sources

if TYPE_CHECKING:
    from gossamer.data import Reading


def _model_file(path: Path) -> Path:
    from gossamer.network import model_file

    return model_file(path)


ModelFile = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A model file, a study's folder, or the name of a model that comes with gossamer.",
        callback=_model_file,
        autocompletion=models,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="fashion-mnist, digits, a folder of pictures by class or of IDX files, or an .npz, .csv or"
        " .parquet file.",
        autocompletion=sources,
    ),
]
Engine = Annotated[str, typer.Option(help="The engine: auto, native, torch.", autocompletion=engines)]
Device = Annotated[str, typer.Option(help="Where: auto, cpu, cuda, mps.", autocompletion=devices)]
Size = Annotated[
    str | None, typer.Option("--size", metavar="HxW", help="Resize every image, as in 28x28 (antialiased).")
]
Channels = Annotated[int | None, typer.Option("--channels", help="Make every image grey (1) or RGB (3).")]
Background = Annotated[
    str | None,
    typer.Option(
        "--background",
        metavar="black|white",
        help="What lies behind transparent pixels, and beside pictures that --size pads.",
    ),
]
SkipBad = Annotated[
    bool | None, typer.Option("--skip-bad", help="Leave out files that are not pictures, and list them.")
]
MaxParameters = Annotated[
    str | None,
    typer.Option("--max-parameters", metavar="N", help="Trained parameters, those of norms included."),
]
MaxMultiplyAdds = Annotated[
    str | None, typer.Option("--max-multiply-adds", metavar="N", help="Multiply-adds for one image.")
]
MaxRam = Annotated[
    str | None,
    typer.Option("--max-ram", metavar="BYTES", help="Of the int8 C buffer, image included; 32k is 32 KiB."),
]
MaxFlash = Annotated[
    str | None,
    typer.Option("--max-flash", metavar="BYTES", help="Constants in int8, and the code."),
]


def reading_of(
    source: str | None, size: str | None, channels: int | None, skip_bad: bool | None, background: str | None
) -> "Reading":
    """How the images of `source` are read, from the values of the options.

    Raises:
        SettingError: a value is not allowed in a study file.
    """
    from dataclasses import replace

    from gossamer.study import DataSettings

    settings = DataSettings(
        "none" if source is None else source,
        size=size or "",
        channels=channels or 0,
        skip_bad=bool(skip_bad),
        background=background or "black",
    )
    return replace(settings.reading, background=background)
