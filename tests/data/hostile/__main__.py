"""Prints what became of every case."""

import sys
import tempfile
from pathlib import Path

from gossamer.data import open_source
from gossamer.errors import DataError
from tests.data.hostile import FORMS


def main() -> None:
    """Print the table."""
    print("| form | what | what happened |\n|---|---|---|")  # noqa: T201
    for form, cases in FORMS.items():
        for case in cases.CASES:
            with tempfile.TemporaryDirectory() as temporary:
                source = cases.make_good(Path(temporary))
                case.make(source)
                try:
                    open_source(str(source))
                    happened = "read without a word"
                except DataError as error:
                    happened = "refused: `" + str(error).replace(temporary + "/", "") + "`"
                print(f"| {form} | {case.what} | {happened} |")  # noqa: T201
    sys.stdout.flush()


if __name__ == "__main__":
    main()
