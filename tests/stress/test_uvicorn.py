"""The service runs on the oldest and the newest uvicorn that pyproject.toml allows.

`serve/connection.py` extends a class of uvicorn whose attributes are not documented. To allow a newer
version, add it here first.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLDEST, NEWEST = "0.30.0", "0.54.0"


def test_the_allowed_range_is_the_tested_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    minor = int(NEWEST.split(".")[1])
    assert f"uvicorn>={OLDEST[:-2]},<0.{minor + 1}" in project["optional-dependencies"]["serve"]


@pytest.mark.stress
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_connections_are_bounded_on(version: str, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path)]
    if subprocess.run([*install, f"uvicorn=={version}"], capture_output=True, check=False).returncode != 0:
        pytest.skip("packages cannot be installed here")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    seen = [sys.executable, "-c", "import uvicorn; print(uvicorn.__version__)"]
    assert subprocess.check_output(seen, env=environment, text=True).strip() == version
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/serve/test_connections.py"]
    ran = subprocess.run(tests, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
