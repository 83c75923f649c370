"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="fashion-mnist, digits, a folder of pictures by class or of IDX files, or an .npz, .csv or"
        " .parquet file.",
    ),
]
Size = Annotated[
    str | None, typer.Option("--size", metavar="HxW", help="Resize every image, as in 28x28 (antialiased).")
]
Channels = Annotated[int | None, typer.Option("--channels", help="Make every image grey (1) or RGB (3).")]
SkipBad = Annotated[
    bool | None, typer.Option("--skip-bad", help="Leave out files that are no pictures, and say which.")
]
