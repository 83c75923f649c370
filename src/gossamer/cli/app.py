"""The `gossamer` command with its subcommands, and the one place where errors become lines and exit codes."""

import sys
from typing import Annotated

import typer

from gossamer import __version__
from gossamer.cli import (
    auto,
    compare,
    data,
    doctor,
    evaluate,
    export,
    predict,
    presets,
    report,
    run,
    serve,
    status,
    suggest,
    summary,
    verify,
    welcome,
)
from gossamer.cli.help import App
from gossamer.console import say
from gossamer.errors import GossamerError, SettingError
from gossamer.streams import open_streams

FAILED, WRONG_USAGE = 1, 2


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gossamer {__version__}")
        raise typer.Exit


app = App(
    invoke_without_command=True,
    no_args_is_help=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: gossamer run --subset 6000",
)


@app.callback()
def gossamer(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show an error's traceback.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Lightweight image classifiers, honestly selected."""
    del debug, version  # `main` and the option's callback read them
    if context.invoked_subcommand is None:
        welcome.welcome()


app.command("run", epilog=run.EXAMPLE)(run.run)
app.command("auto", epilog=auto.EXAMPLE)(auto.auto)
app.command("status", epilog=status.EXAMPLE)(status.status)
app.command("summary", epilog=summary.EXAMPLE)(summary.summary)
app.command("presets", epilog=presets.EXAMPLE)(presets.presets)
app.command("suggest", epilog=suggest.EXAMPLE)(suggest.suggest)
app.command("evaluate", epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command("report", epilog=report.EXAMPLE)(report.report)
app.command("export", epilog=export.EXAMPLE)(export.export)
app.command("predict", epilog=predict.EXAMPLE)(predict.predict)
app.command("serve", epilog=serve.EXAMPLE)(serve.serve)
app.command("compare", epilog=compare.EXAMPLE)(compare.compare)
app.command("verify", epilog=verify.EXAMPLE)(verify.verify)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
app.add_typer(data.app, name="data", epilog=data.EXAMPLE)


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed with a reason, 2 wrong usage, 130 interrupted."""
    open_streams()
    try:
        app()
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        say(f"error: {_explained(error)}")
        sys.exit(WRONG_USAGE if isinstance(error, SettingError) else FAILED)


def _explained(error: Exception) -> str:
    match error:
        case GossamerError():
            return str(error)
        case OSError():
            return f"{error.filename or 'input or output'}: {error.strerror or error}"
        case _:
            return (
                f"this should not happen, {type(error).__name__}: {error};"
                " please report it with what `gossamer --debug ...` prints"
            )
