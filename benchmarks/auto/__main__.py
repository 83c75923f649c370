"""`gossamer auto` beside the report's study, a script and a tuned script: `python -m benchmarks.auto`.

Each has the same minutes on the same cores, and at most 20,000 parameters. Test images score each once.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.auto.entrants import ENTRANTS
from benchmarks.auto.images import openers
from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.machine import machine, versions
from benchmarks.page import head, table

SECTION = "auto"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run, write; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.auto",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--minutes", type=positive(float), default=10.0, help="for each (10)")
    parser.add_argument(
        "--wheel", type=Path, help="the file of the package animal-mnist, which `pip download` gives"
    )
    parser.add_argument("--images", action="append", metavar="NAME", help="these alone; may be given again")
    parser.add_argument("--entrant", action="append", choices=ENTRANTS, help="these alone")
    parser.add_argument("--seed", type=int, default=0)
    add_outputs(parser)
    options = parser.parse_args(arguments)

    def run() -> tuple[str, Any]:
        rows, record = [], []
        for name, opener in openers(options.wheel).items():
            if options.images and name not in options.images:
                continue
            images = opener()
            for entrant in options.entrant or ENTRANTS:
                started = perf_counter()
                found = ENTRANTS[entrant](images, options.minutes, options.seed)
                minutes = (perf_counter() - started) / 60
                say(f"{name}, {entrant}: {found.accuracy:.4f} in {minutes:.1f} minutes")
                cells = [f"{100 * found.accuracy:.2f} %", f"{100 * found.balanced_accuracy:.2f} %"]
                rows.append([name, entrant, f"{found.parameters:,}", *cells, f"{minutes:.1f}"])
                record.append({"images": name, "entrant": entrant, "minutes": minutes, **asdict(found)})
        lines = head(datetime.now(UTC).date().isoformat(), machine() | {"others": None}, versions())
        heads = ["images", "by", "parameters", "test accuracy", "balanced", "minutes"]
        return "\n\n".join(["\n".join(lines), table(heads, rows)]), record

    return deliver(options, SECTION, run)


if __name__ == "__main__":
    sys.exit(main())
