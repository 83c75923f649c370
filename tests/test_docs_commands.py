"""Every command in README and docs: its options exist, and what a reader would type runs."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image

from gossamer.cli import main
from gossamer.cli.app import app
from tests.command import GOSSAMER
from tests.serve.conftest import serving

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
COMMAND = re.compile(r"^(?:    |\$ )?(?:\.venv/bin/)?(gossamer(?: .*)?)$")
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b(?!=)|\.\.\.|\[--")
"""In a synopsis, such as `gossamer verify DIR [--json]`."""


def lines_of_code(page: Path) -> Iterator[str]:
    """Lines of fenced and of indented code."""
    fenced = False
    for line in page.read_text().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line


def commands(beginning: re.Pattern[str]) -> list[str]:
    found = (beginning.match(line) for page in PAGES for line in lines_of_code(page))
    return sorted({match[1].strip() for match in found if match})


ALL = commands(COMMAND)
TYPED = [line for line in ALL if not PLACEHOLDER.search(line.partition("#")[0])]
CURL = commands(re.compile(r"^(?:    )?(curl .*localhost:8000.*)$"))

SHORTER = (
    # what is said with all images or all minutes is planned, not run
    (r"^run$", "run --dry-run"),
    (r"^run (--subset 6000|--set .*|--preset .*)$", r"run \1 --dry-run"),
    (r"--minutes \d+", "--minutes 0.3 --dry-run"),
    (r"^auto (.*--to c-int8)$", r"auto \1 --dry-run"),
    (r"^auto my-pictures --size 32x32$", "auto my-pictures --size 32x32 --minutes 0.3 --dry-run"),
    (r"--executor ray", "--dry-run"),
    # so few validation images show nothing about an export in integers
    (r"^(export .*--to c-int8)", r"\1 --force"),
)
"""What is changed before a command runs, and why."""


def words_of(line: str) -> list[str]:
    """A line's words behind `gossamer`, without a comment or where the output goes."""
    return shlex.split(line.partition(" > ")[0], comments=True)[1:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the docs' commands name: pictures, a study file, studies, a model."""
    made = tmp_path_factory.mktemp("reader")
    random = np.random.default_rng(0)
    for label, name in enumerate(("cat", "dog", "fox")):
        (made / "my-pictures" / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(random.normal(60 + 60 * label, 20, (28, 28)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(made / "my-pictures" / name / f"{number}.png")
    for path in ("photo.png", "shirt.png", "photos/1.png", "more/1.jpg", "shoe.jpg"):
        (made / path).parent.mkdir(exist_ok=True)
        shutil.copy(made / "my-pictures" / "cat" / "0.png", made / path)
    (made / "image.json").write_text(f'{{"pixels": {[[0] * 28] * 28}}}')
    (made / "study.toml").write_text(
        '[data]\nsource = "my-pictures"\n[network]\nlayers = "conv4 pool dense"\n'
        "[training]\nlearning_rate = 0.01\nbatch_size = 8\nepochs = 2\n"
        "[search]\nfolds = 2\n[final]\nmax_epochs = 2\n"
    )
    study = made / "runs" / "study"
    subprocess.run([GOSSAMER, "run", "study.toml", "--out", str(study)], cwd=made, check=True)
    for name in ("fashion-mnist", "my-pictures", "auto-my-pictures", "chip", "digits"):
        shutil.copytree(study, made / "runs" / name)
    shutil.copy(study / "model.safetensors", made)
    return made


def test_there_are_commands_in_the_docs() -> None:
    assert len(ALL) > 40
    assert len(TYPED) > 25
    assert len(CURL) > 2


@pytest.mark.parametrize("line", ALL)
def test_options_in_the_docs_exist(line: str) -> None:
    words = re.sub(r"[\[\]|]", " ", line.partition("#")[0]).split()[1:]
    command = typer.main.get_command(app)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not hasattr(command, "commands") or not words or words[0].startswith("-"), (
        f"no such command: {line}"
    )
    there = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert asked <= there | {"--help", "--debug", "--version", "--install-completion"}


def slow_ones_marked(lines: list[str]) -> list[Any]:
    """The lines as parameters; planning by the clock, and a check on 10,000 images, are for `make stress`."""
    slow = re.compile(r"gossamer auto my-pictures|gossamer export tiny-5k")
    return [pytest.param(line, marks=[pytest.mark.stress] * bool(slow.match(line))) for line in lines]


@pytest.mark.parametrize(
    "line",
    slow_ones_marked([line for line in TYPED if not re.match(r"gossamer serve|gossamer --", line)]),
)
def test_what_a_reader_types_runs(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = shlex.join(words_of(line))
    for pattern, shorter in SHORTER:
        typed = re.sub(pattern, shorter, typed)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["gossamer", *shlex.split(typed)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {0, None}, capsys.readouterr().err


@pytest.mark.parametrize("line", [line for line in TYPED if line.startswith("gossamer serve")])
def test_services_in_the_docs_answer(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    model, *options = words_of(line)[1:]
    with serving(Path(model), *options) as running:
        assert running.stop()[0] == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_requests_in_the_docs_are_answered(folder: Path) -> None:
    with serving(folder / "runs" / "study") as running:
        for line in CURL:
            asked = shlex.split(line.replace("localhost:8000", f"127.0.0.1:{running.port}"), comments=True)
            ran = subprocess.run(
                [*asked, "--silent", "--fail-with-body"],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, ran.stdout
            assert '"predictions"' in ran.stdout
