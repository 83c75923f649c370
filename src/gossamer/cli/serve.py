"""`gossamer serve`: a model as a service, and a page to try it."""

import os
import re
import sys
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from gossamer.cli.interrupt import INTERRUPTED
from gossamer.cli.options import Engine, ModelFile
from gossamer.console import say

EXAMPLE = "Example: gossamer serve runs/fashion-mnist/model.safetensors"
VARIABLE = "GOSSAMER_TOKEN"
NEEDED = ("httptools", "msgspec", "prometheus_client", "python_multipart", "starlette", "uvicorn")


def serve(
    model: ModelFile,
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 is any that is free.")] = 8_000,
    name: Annotated[
        str | None,
        typer.Option(help="What the model is called in addresses; by default as its folder or file."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar=VARIABLE, help="A secret that clients must send; better set in the environment."),
    ] = None,
    drain: Annotated[
        float,
        typer.Option(min=0, max=3_600, help="Seconds between saying 'not ready' and ending, after SIGTERM."),
    ] = 1.0,
    root_path: Annotated[
        str,
        typer.Option(metavar="PATH", help="The prefix that a proxy keeps before each path, such as /shirts."),
    ] = "",
    log: Annotated[
        str | None, typer.Option(metavar="json", help="Log each request as a line of JSON, with an id.")
    ] = None,
    engine: Engine = "auto",
) -> None:
    """Answer over HTTP: POST /predict, the Open Inference Protocol, metrics, and a page to try the model.

    Ctrl-C ends it; SIGTERM ends it after all accepted requests are answered; at SIGHUP it loads the model
    again, and no request is lost.
    """
    from gossamer.engine import open_engine
    from gossamer.errors import GossamerError, SettingError
    from gossamer.inference import Predictor
    from gossamer.network import load_model

    if any(find_spec(module) is None for module in NEEDED):
        raise GossamerError(
            "serving needs packages that are not installed; install them with: pip install 'gossamer[serve]'"
        )
    token = _secret(token)
    from gossamer.serve import AccessLog, Hangups, Served, Service, http_app, listen, run

    if log not in {None, "json"}:
        raise SettingError(f"--log must be json; got {log!r}")
    name, written = _name(model) if name is None else name, AccessLog(_write) if log else None

    def load() -> Served:
        service = Service(name, Predictor(load_model(model), open_engine(engine)))
        report = model.with_name("report.html")
        there = report if report.is_file() else None
        return Served(service, http_app(service, token=token, report=there, root=root_path, log=written))

    def load_again() -> Served | None:
        try:
            again = load()
        except Exception as error:  # whatever it is, there is a model that answers
            say(f"{model} was not loaded; the previous model still answers: {error}")
            return None
        say(f"{name} was loaded again from {model}")
        return again

    hangups, served = Hangups(), load()
    with listen(host, port) as listener:
        address, port = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        page = f"http://{shown}:{port}{root_path.removesuffix('/')}/"
        say(f"{name} at {page} (POST images to /predict; Ctrl-C ends it)")
        if token is None and not ip_address(address).is_loopback:
            say("warning: whoever reaches this address may use the service; --token asks for a secret")
        try:
            cut_off = run(served, listener, drain=drain, hangups=hangups, renew=load_again)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        finally:
            if written:
                written.close()
    say(f"ended; {f'{cut_off:,} requests were' if cut_off else 'no accepted request was'} cut off")


def _secret(token: str | None) -> str | None:
    from gossamer.errors import SettingError

    if token is None and os.environ.get(VARIABLE) != "":
        return None
    token = (token or "").strip()
    if not token or not token.isprintable():
        raise SettingError(f"--token or {VARIABLE}: empty, or not to be printed; give a secret or unset it")
    return token


def _write(line: str) -> None:
    # unbuffered, so that nothing is left that the end might fail to write
    os.write(sys.stdout.fileno(), line.encode())


def _name(model: Path) -> str:
    """The file's, or the folder's of a file that is called as in every study."""
    path = model.resolve()
    name = path.parent.name if path.stem == "model" else path.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("._-")[:63] or "model"
