"""`gossamer auto`: from pictures and minutes to a model, by a study that is planned and written first."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gossamer.cli.completion import exports
from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import (
    Background,
    Channels,
    Engine,
    Json,
    MaxFlash,
    MaxMultiplyAdds,
    MaxParameters,
    MaxRam,
    Size,
    SkipBad,
    Source,
)
from gossamer.console import say
from gossamer.progress import watch_study

if TYPE_CHECKING:
    from gossamer.planning import Plan

EXAMPLE = "Example: gossamer auto my-pictures --minutes 15 --max-parameters 20k --size 32x32"


def auto(
    source: Source,
    *,
    minutes: Annotated[float, typer.Option(metavar="N", help="Time for the whole command, in minutes.")] = 15,
    max_parameters: MaxParameters = None,
    max_multiply_adds: MaxMultiplyAdds = None,
    max_ram: MaxRam = None,
    max_flash: MaxFlash = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Export the model, too: c-int8, onnx, ...; may be given again.",
            autocompletion=exports,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The study folder (default: runs/auto- and a name).")
    ] = None,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    seed: Annotated[int, typer.Option(help="Of the study.")] = 0,
    engine: Engine = "auto",
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Fits at once (default: one a core).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan alone, and print the study file.")] = False,
    json: Json = False,
) -> None:
    """Find the best model that fits, in the minutes there are.

    Networks within the budgets (20,000 parameters, if none is given) and recipes are compared by successive
    halving on held-out training images; the best is trained on all of them, and the test set opened once. How
    many compete, and for how long, is planned before the first fit, and written as a study file. The same
    command on the same folder resumes.
    """
    import gossamer
    from gossamer.cli.outcome import show_outcome
    from gossamer.errors import SettingError
    from gossamer.export import check_kind
    from gossamer.study import DataSettings, default_folder, to_toml

    if dry_run and json:
        raise SettingError("--dry-run prints the study file, and --json results; give one of them")
    for kind in to or ():
        check_kind(kind)
    settings = DataSettings(
        source,
        size=size or "",
        channels=channels or 0,
        skip_bad=bool(skip_bad),
        background=background or "black",
    )
    folder = out or default_folder("auto", {"data.source": source})
    with interruptible(), watch_study(quiet=dry_run) as observer:
        asked: dict[str, Any] = {
            "minutes": minutes,
            "max_parameters": max_parameters,
            "max_multiply_adds": max_multiply_adds,
            "max_ram": max_ram,
            "max_flash": max_flash,
            "workers": workers,
            "seed": seed,
            "engine": engine,
            "settings": settings,
            "on_event": observer,
        }
        if dry_run:
            plan = gossamer.plan(source, **asked)
            _explain(plan)
            typer.echo(to_toml(plan.study), nl=False)
            return
        found = gossamer.auto(source, out=folder, on_plan=_explain, **asked)
        if json:
            typer.echo(found.to_json(), nl=False)
        else:
            show_outcome(found)
        for kind in to or ():  # the model is there, whatever becomes of an export
            export = gossamer.export_model(folder, kind)
            say(f"{kind}: {export.folder / export.files[0]}, {export.size:,} bytes")


def _explain(plan: "Plan") -> None:
    for reason in (*plan.planned.reasons, plan.planned.more):
        say(f"plan: {reason}")
