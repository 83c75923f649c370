"""`gossamer doctor`: what is installed, what computes, and what is missing."""

from dataclasses import asdict
from json import dumps
from typing import TYPE_CHECKING

import typer

from gossamer.cli.options import Json

if TYPE_CHECKING:
    from gossamer.installation import Installation, Package

EXAMPLE = "Example: gossamer doctor --json"


def doctor(*, json: Json = False) -> None:
    """Check the installation: versions, engines, cores, caches, and what each extra needs.

    The exit code is 1 if gossamer cannot work, with what to do. A report of a fault should have this output.
    """
    from gossamer.console import say
    from gossamer.installation import installation

    found = installation()
    if json:
        typer.echo(dumps(asdict(found), default=str, indent=2))
    else:
        _show(found)
    for problem in found.problems:
        say(f"error: {problem}")
    if found.problems:
        raise typer.Exit(1)


def _show(found: "Installation") -> None:
    from gossamer.numbers import count

    _line("gossamer", f"{found.version}, in {found.folder}")
    _line("Python", f"{found.python}, {found.system}")
    for engine in found.engines:
        _line(f"{engine.name} engine", engine.facts)
    _line("cores", f"{found.cores} of {found.cores_of_machine}")
    for cache in found.caches:
        there = f"{count(cache.size)} bytes" if cache.size else "not there"
        _line("Fashion-MNIST", f"{there}, in {cache.folder}")
    _line("packages", ", ".join(map(_in_words, found.required)))
    typer.echo("extras")
    for extra, packages in found.extras.items():
        complete = all(package.fits for package in packages)
        advice = ", ".join(map(_in_words, packages)) if complete else f"pip install 'gossamer[{extra}]'"
        _line(f"  {extra}", advice if complete else f"{_missing(packages)}: {advice}")


def _missing(packages: "tuple[Package, ...]") -> str:
    unfit = [each for each in packages if not each.fits]
    return ", ".join(
        f"{each.name} missing" if each.version is None else f"{each.name} {each.version} is not {each.wanted}"
        for each in unfit
    )


def _in_words(package: "Package") -> str:
    return f"{package.name} {package.version or 'missing'}"


def _line(name: str, text: str) -> None:
    """A name and its text; long texts are folded within 80 columns."""
    from textwrap import wrap

    lines = wrap(text, 62, break_long_words=False, break_on_hyphens=False) or [""]
    typer.echo(f"{name:<16}  " + f"\n{'':<18}".join(lines))
