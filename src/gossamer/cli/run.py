"""`gossamer run`: the whole flow, from a study file to a study folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gossamer.cli import completion
from gossamer.cli.interrupt import interruptible
from gossamer.cli.options import Background, Channels, Json, Size, SkipBad
from gossamer.cli.status import show_status
from gossamer.files import pretty_json
from gossamer.progress import in_words, watch_study

if TYPE_CHECKING:
    from gossamer.study import Preview

EXAMPLE = "Example: gossamer run --subset 6000 --set training.epochs=20"


def run(
    study_file: Annotated[
        Path | None,
        typer.Argument(metavar="STUDY.toml", help="A study file; without one, the report's study."),
    ] = None,
    *,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A study of `gossamer presets`, instead of a file.",
            autocompletion=completion.presets,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The study folder (default: runs/ and a name).")] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="The images, instead of data.source: a name, a folder or a file.",
            autocompletion=completion.sources,
        ),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="The engine: auto, native, torch.", autocompletion=completion.engines),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Instead of run.device: auto, cpu, cuda, mps.", autocompletion=completion.devices),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of run.seed.")] = None,
    subset: Annotated[int | None, typer.Option(help="Instead of data.subset.")] = None,
    size: Size = None,
    channels: Channels = None,
    skip_bad: SkipBad = None,
    background: Background = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SECTION.KEY=VALUE",
            help="Instead of any key of the study file, as in training.epochs=20; may be given again.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Fits at once (default: one a core; one on a GPU).")
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            help="Where fits run: auto, threads, processes, ray (a cluster, or this machine).",
            autocompletion=completion.executors,
        ),
    ] = "auto",
    extend: Annotated[
        bool, typer.Option("--extend", help="Carry over the fits of another study in the folder.")
    ] = False,
    search_only: Annotated[
        bool, typer.Option("--search-only", help="Stop after the selection: the test set stays sealed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be fitted, what is there, how long it takes.")
    ] = False,
    json: Json = False,
) -> None:
    """Search, select, fit, test and report; the same command on the same folder resumes.

    Without a study file this is the report's study on Fashion-MNIST: 4 learning rates x 3 batch sizes by
    5-fold cross validation, a final fit with early stopping, one look at the test set.
    """
    import gossamer
    from gossamer.cli.outcome import show_outcome
    from gossamer.errors import SettingError
    from gossamer.presets import load_preset
    from gossamer.search import check_executor
    from gossamer.study import Study, StudyStatus, change_study, default_folder, parse_overrides, read_study

    options = {
        "data.source": data,
        "data.subset": subset,
        "data.size": size,
        "data.channels": channels,
        "data.skip_bad": skip_bad,
        "data.background": background,
        "run.seed": seed,
        "run.engine": engine,
        "run.device": device,
    }
    changes = {place: value for place, value in options.items() if value is not None}
    changes |= parse_overrides(set_ or [])
    if study_file is not None and preset is not None:
        raise SettingError(f"{study_file} and --preset {preset} exclude each other; give one study")
    name, study = preset, Study() if preset is None else load_preset(preset)
    if study_file is not None:
        name, study = study_file.stem, read_study(study_file)
    study = change_study(study, changes)
    folder = out or default_folder(name, changes)
    with interruptible(), watch_study(quiet=dry_run) as observer:
        if dry_run:
            check_executor(executor)
            _show_preview(gossamer.preview(study, out=folder, workers=workers), folder, json=json)
            return
        begin = gossamer.search_study if search_only else gossamer.run
        found = begin(study, out=folder, workers=workers, executor=executor, extend=extend, on_event=observer)
    if isinstance(found, StudyStatus):
        show_status(found, folder, json=json)
    elif json:
        typer.echo(found.to_json(), nl=False)
    else:
        show_outcome(found)


def _show_preview(preview: "Preview", folder: Path, *, json: bool) -> None:
    from gossamer.numbers import counted
    from gossamer.study.record import encode

    if json:
        typer.echo(pretty_json(encode(preview)), nl=False)
        return
    to_fit = len(preview.missing)
    typer.echo(
        f"{counted(preview.cells, 'setting')}, {counted(preview.fits, 'fit')}; {preview.fits - to_fit}"
        f" in {folder}, {to_fit} to be fitted"
    )
    most = "at most " if preview.early_stopping else ""
    typer.echo(f"then a final fit of {most}{counted(preview.final_epochs, 'epoch')}, unless it is there")
    typer.echo(f"about {in_words(preview.seconds)} with {counted(preview.workers, 'worker')}")
    for label in preview.missing:
        typer.echo(f"  {label}")
