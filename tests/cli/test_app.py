"""The command line as a whole: help, documentation, exit codes, one line an error."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import typer

from gossamer import __version__
from gossamer.cli.app import app
from tests.command import GOSSAMER

DOCS = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_and_stands_in_the_docs(words: tuple[str, ...]) -> None:
    command = ALL[words]
    assert command.help
    assert command.epilog.startswith(f"Example: gossamer {' '.join(words)} ")
    assert f"gossamer {' '.join(words)}" in DOCS


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_stands_in_the_docs_and_has_help(words: tuple[str, ...]) -> None:
    for parameter in ALL[words].params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, parameter.name
            assert f"`{parameter.opts[0]}" in DOCS or f" {parameter.opts[0]} " in DOCS, parameter.opts


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_prints_its_help(gossamer: Callable[..., Any], words: tuple[str, ...]) -> None:
    ran = gossamer(*words, "--help")
    assert ran.code == 0
    assert "Example: gossamer" in ran.out


@pytest.mark.parametrize("words", [(), ("data",), *ALL], ids=" ".join)
def test_help_is_plain_and_fits_80_columns(
    gossamer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = gossamer(*words, "--help").out
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"[{}\x1b]|<\w+|\.{4,}|list\[|\brange\b", text)
    assert not re.search(r"\w\.\.\.$", text.partition("Commands:")[2], re.MULTILINE)  # no sentence is cut
    if "SOURCE" in text.partition("Options:")[0]:
        assert all(kind in text for kind in (".npz", ".csv", ".parquet", "IDX", "fashion-mnist"))


STYLES = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("plain", [False, True])
def test_no_color_leaves_no_style_on_a_terminal(
    tiny_study: Path, idx_folder: Path, tmp_path: Path, plain: bool
) -> None:
    """Neither in tables, errors and help nor in what shows the progress."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    environment.pop("NO_COLOR", None)
    if plain:
        environment["NO_COLOR"] = "1"
    shown = b""
    for words in (
        ["summary", "conv2 pool dense"],
        ["summary", "conv2 pol dense"],
        ["summary", "--nope"],
        ["run", "--help"],
        ["run", str(tiny_study), "--out", str(tmp_path / "study")],
        ["data", "info", str(idx_folder)],
    ):
        ours, theirs = pty.openpty()
        command = [GOSSAMER, *words]
        with subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        ) as running:
            os.close(theirs)
            with suppress(OSError):  # which is how a terminal ends
                while part := os.read(ours, 4_096):
                    shown += part
            running.wait()
        os.close(ours)
    assert b"parameters" in shown
    assert bool(STYLES.search(shown)) is not plain


def test_version(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("--version")
    assert (ran.code, ran.out.strip()) == (0, f"gossamer {__version__}")


WRONG: dict[str, tuple[list[str], int, str]] = {
    # what is wrong: the words, the exit code, what the line must say
    "no such option": (["run", "--nope"], 2, "--nope"),
    "no such command": (["fly"], 2, "fly"),
    "no number": (["run", "--subset", "many"], 2, "Invalid value for '--subset'"),
    "negative subset": (["run", "--subset", "-1"], 2, "data.subset must be a whole number from 0"),
    "unknown engine": (["run", "--engine", "toch"], 2, "did you mean 'torch'?"),
    "unknown word": (["summary", "conv16 pol dense"], 2, "word 2, 'pol', is unknown; did you mean 'pool'?"),
    "no dense": (["summary", "conv16 pool"], 2, "the last word must be 'dense'"),
    "too many pools": (["summary", "pool pool pool pool pool dense"], 2, "would leave nothing of 1x1x1"),
    "no shape": (["summary", "dense", "--input", "28"], 2, "--input must be HxWxC, such as 28x28x1"),
    "no study file": (["run", "nowhere.toml"], 2, "nowhere.toml: cannot be read (No such file"),
    "unknown source": (["data", "info", "fashion-mnis"], 1, "did you mean 'fashion-mnist'?"),
    "no study folder": (["report", "nowhere"], 1, "nowhere"),
}


@pytest.mark.parametrize(("words", "code", "line"), WRONG.values(), ids=WRONG)
def test_wrong_usage_gets_one_line_and_its_exit_code(
    gossamer: Callable[..., Any], words: list[str], code: int, line: str
) -> None:
    ran = gossamer(*words)
    assert ran.code == code
    assert ran.out == ""
    assert line in ran.err
    assert "Traceback" not in ran.err
    if ran.err.startswith("error:"):
        assert len(ran.err.splitlines()) == 1


def test_an_error_nobody_foresaw_is_one_line_unless_debug(
    gossamer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("gossamer.network.Architecture.parse", fail)
    ran = gossamer("summary", "dense")
    assert ran.code == 1
    assert ran.err.startswith("error: this should not happen, ZeroDivisionError: by accident;")
    monkeypatch.setattr("sys.argv", ["gossamer", "--debug", "summary", "dense"])
    with pytest.raises(ZeroDivisionError):
        cli_main()


def cli_main() -> None:
    """Run the command with the arguments that sys.argv holds."""
    from gossamer.cli import main

    main()


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from gossamer.cli import main; sys.argv = ['gossamer', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'matplotlib', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
