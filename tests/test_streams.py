"""Whatever a file is called, its answer is printed, in any encoding, and costs no other its own."""

import csv
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.serve.conftest import make_model

NAMES = (
    b"caf\xe9.png",
    "é.png".encode(),
    b"a\nb\t.png",
    b"\x1b[31mred.png",
    "\N{GRINNING FACE}.png".encode(),
)
ENVIRONMENTS = {
    "strict UTF-8": {"PYTHONIOENCODING": "utf-8:strict"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "no locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and pictures whose names are hard to print."""
    made = tmp_path_factory.mktemp("odd")
    make_model().save(made / "m.safetensors")
    (made / "pictures").mkdir()
    for name in NAMES:
        with open(os.fsencode(made / "pictures") + b"/" + name, "wb") as file:  # noqa: PTH123 - bytes
            Image.fromarray(np.zeros((8, 6), np.uint8)).save(file, "PNG")
    return made


def predicted(folder: Path, environment: dict[str, str], *options: str) -> str:
    command = [sys.executable, "-c", "from gossamer.cli import main; main()", "predict", "m.safetensors"]
    ran = subprocess.run(
        [*command, "pictures", *options],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert b"error" not in ran.stderr
    return ran.stdout.decode("ascii" if environment.get("PYTHONIOENCODING") == "ascii" else "utf-8")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_picture_has_its_line(folder: Path, environment: str) -> None:
    lines = predicted(folder, ENVIRONMENTS[environment]).splitlines()
    assert len(lines) == len(NAMES)
    assert all(line.count("\t") == 3 and line.replace("\t", "").isprintable() for line in lines)
    assert "pictures/caf\\udce9.png" in [line.split("\t")[0] for line in lines]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_json_and_csv_stay_what_they_are(folder: Path, environment: str) -> None:
    settings = ENVIRONMENTS[environment]
    records = [json.loads(line) for line in predicted(folder, settings, "--json").splitlines()]
    assert {os.fsencode(record["image"]) for record in records} >= {
        b"pictures/caf\xe9.png",
        b"pictures/a\nb\t.png",
    }
    rows = list(csv.DictReader(StringIO(predicted(folder, settings, "--csv"), newline="")))
    assert len(records) == len(rows) == len(NAMES)


def test_a_refusal_is_one_line_whatever_it_names(folder: Path) -> None:
    command = [sys.executable, "-c", "from gossamer.cli import main; main()", "predict", "m.safetensors"]
    ran = subprocess.run(
        [*command, "no\nthing\x1b[2J"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "\x1b" not in ran.stderr


def test_a_reader_that_leaves_is_no_fault(folder: Path) -> None:
    command = f"{sys.executable} -c 'from gossamer.cli import main; main()' summary dense --json | head -1"
    ran = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.stdout == "{\n"
    assert ran.stderr == ""
