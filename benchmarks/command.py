"""What the commands have alike: numbers that they parse, where their results go, how they end."""

import argparse
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from benchmarks.page import replace_section
from gossamer.errors import GossamerError
from gossamer.files import pretty_json, write_atomically


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """A parser of numbers above 0, for `argparse`."""

    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < inf:
            raise argparse.ArgumentTypeError(f"expected a number above 0; got {text}")
        return value

    return parse


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """The options that `deliver` reads."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole record")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="put the tables between the markers of this page"
    )


def deliver(options: argparse.Namespace, section: str, measure: Callable[[], tuple[str, Any]]) -> int:
    """Print what `measure` finds as Markdown and write it where `options` say; the exit code.

    Args:
        options: with those of `add_outputs`.
        section: the page's section that the Markdown belongs in.
        measure: gives the Markdown, and the record as JSON values.
    """
    try:
        text, record = measure()
        print(text)
        if options.json:
            write_atomically(options.json, pretty_json(record))
        if options.markdown:
            replace_section(options.markdown, section, text)
    except (GossamerError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def say(text: str) -> None:
    """Tell the user what is being done."""
    print(text, file=sys.stderr, flush=True)
