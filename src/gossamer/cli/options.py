"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Source = Annotated[
    str, typer.Argument(help="fashion-mnist, or a folder of the four IDX files of the MNIST family.")
]
