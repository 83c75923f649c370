"""What a newcomer meets first: `gossamer` alone, `gossamer doctor`, and completion in the shell."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from gossamer.cli.welcome import RUNS
from gossamer.installation import EXTRAS
from gossamer.study import default_folder
from tests.command import GOSSAMER

Gossamer = Callable[..., Any]

DEVELOPERS = {"dev", "docs", "fuzz", "bench"}


def test_gossamer_alone_says_what_to_do_next(gossamer: Gossamer) -> None:
    ran = gossamer()
    assert ran.code == 0
    assert "gossamer auto my-pictures" in ran.out
    assert "gossamer --help" in ran.out
    assert "Studies in this folder" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_gossamer_alone_names_the_studies_that_are_here(gossamer: Gossamer, tmp_path: Path) -> None:
    for name, files in {"done": ("journal.db", "results.json"), "half": ("journal.db",), "other": ()}.items():
        (tmp_path / "runs" / name).mkdir(parents=True)
        for file in files:
            (tmp_path / "runs" / name / file).touch()
    said = gossamer().out
    assert "gossamer predict runs/done photo.png" in said
    assert "gossamer status runs/half" in said
    assert "runs/other" not in said


def test_studies_are_looked_for_where_they_are_written() -> None:
    assert default_folder("study", {}).parent == RUNS


def test_the_first_steps_are_commands_that_exist(gossamer: Gossamer) -> None:
    commands = [line.split()[1] for line in gossamer().out.splitlines() if line.startswith("  gossamer ")]
    assert len(commands) > 4
    for command in commands:
        assert gossamer(command, "--help").code == 0


def test_doctor_finds_a_sound_installation(gossamer: Gossamer) -> None:
    ran = gossamer("doctor")
    assert ran.code == 0, ran.err
    for name in ("native engine", "torch engine", "numpy", "cores", "Fashion-MNIST"):
        assert name in ran.out
    assert max(len(line) for line in ran.out.splitlines() if "/" not in line) <= 80  # paths are not broken


def test_doctor_looks_at_a_broken_installation_too() -> None:
    """Whatever of the required packages cannot be imported, it does its work."""
    script = (
        "import sys\n"
        "for name in ('numpy', 'scipy', 'sklearn', 'joblib', 'PIL', 'safetensors', 'platformdirs'):\n"
        "    sys.modules[name] = None\n"
        "from gossamer.cli import main; sys.argv = ['gossamer', 'doctor']; main()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "native engine     cannot be loaded" in ran.stdout
    assert "no engine can compute" in ran.stderr


def test_doctors_json_has_the_versions(gossamer: Gossamer) -> None:
    found = json.loads(gossamer("doctor", "--json").out)
    assert found["version"] == metadata.version("gossamer")
    versions = {each["name"]: each["version"] for each in found["required"]}
    assert versions["numpy"] == metadata.version("numpy")
    assert all(each["fits"] for each in found["required"])
    assert set(found["extras"]) == set(EXTRAS)
    assert all(found["extras"].values())


def test_doctor_covers_every_extra_that_is_for_users() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"]) - DEVELOPERS


def test_doctor_names_what_is_missing_and_how_to_install_it(
    gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = metadata.version

    def version(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name in {"onnx", "numpy"} else there(name)

    monkeypatch.setattr(metadata, "version", version)
    ran = gossamer("doctor")
    assert ran.code == 1
    said = " ".join(ran.out.split())
    assert "onnx 0.1 is not" in said
    assert "onnxruntime missing: pip install 'gossamer[onnx]'" in said
    assert "numpy is 0.1; gossamer needs numpy" in ran.err


def test_doctor_says_where_nothing_can_compute(gossamer: Gossamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossamer.engine.find_spec", lambda _: None)
    ran = gossamer("doctor")
    assert ran.code == 1
    assert "pip install 'gossamer[torch]'" in ran.err


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ru", {"run"}),
        ("run --preset sm", {"small-20k"}),
        ("export model --to c", {"c", "c-int8"}),
        ("predict tiny", {"tiny-5k"}),
        ("predict ./", set()),
        ("data info dig", {"digits"}),
        ("serve tiny-5k --engine n", {"native"}),
        ("evaluate tiny-5k digits --device c", {"cpu", "cuda"}),
        ("run --executor th", {"threads"}),
    ],
)
def test_tab_completes_commands_and_values(typed: str, offered: set[str]) -> None:
    asked = {
        "_GOSSAMER_COMPLETE": "complete_bash",
        "COMP_WORDS": f"gossamer {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    ran = subprocess.run(
        [GOSSAMER], env=os.environ | asked, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stderr, set(ran.stdout.split())) == (0, "", offered)


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "gossamer run --preset sm"}),
        (
            "fish",
            {
                "_TYPER_COMPLETE_ARGS": "gossamer run --preset sm",
                "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            },
        ),
    ],
)
def test_other_shells_complete_too(shell: str, asked: dict[str, str]) -> None:
    environment = os.environ | asked | {"_GOSSAMER_COMPLETE": f"complete_{shell}"}
    ran = subprocess.run([GOSSAMER], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert "small-20k" in ran.stdout
    assert "tiny-5k" not in ran.stdout
