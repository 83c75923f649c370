"""The sdist and the wheel: built, and installed where there is neither a checkout nor a compiler."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.stress


def run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    words = list(map(str, command))
    ran = subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, ROOT)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


def test_the_packages_hold_what_is_needed_and_nothing_else(packages: tuple[Path, Path]) -> None:
    sdist, wheel = packages
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {"pyproject.toml", "LICENSE", "README.md", "native/plan.cpp", "src/gossamer/py.typed"} <= set(
        names
    )
    assert not [name for name in names if name.split("/")[0] in {".venv", "runs", "build", ".ci", ".github"}]
    held = set(zipfile.ZipFile(wheel).namelist())
    for needed in ("py.typed", "models/tiny-5k.safetensors", "presets/small-20k.toml"):
        assert f"gossamer/{needed}" in held
    assert [name for name in held if name.startswith("gossamer/engine/_native")]
    assert not [name for name in held if name.split("/")[0] in {"tests", "benchmarks", "native", "docs"}]
    assert wheel.stat().st_size < 3_000_000


def test_the_wheel_works_without_a_checkout_or_a_compiler(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{packages[1]}[onnx,serve]", cwd=tmp_path)
    bare = {"PATH": str(python.parent), "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    said = run(python, ROOT / "tests" / "installed.py", cwd=tmp_path, env=bare)
    assert "sound: native" in said


def test_where_nothing_can_be_compiled_the_sdist_installs_without_the_core(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    environment = os.environ | {"CXX": "/bin/false"}
    run(python, "-m", "pip", "install", "--quiet", packages[0], cwd=tmp_path, env=environment)
    doctor = subprocess.run(
        [python.with_name("gossamer"), "doctor"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert doctor.returncode == 1
    assert "pip install 'gossamer[torch]'" in doctor.stderr
