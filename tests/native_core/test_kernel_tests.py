"""The tests of the native core without Python, on this machine and, emulated, on an x86-64 without AVX."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif(
        not shutil.which("cmake") or not shutil.which("c++"), reason="needs CMake and a C++ compiler"
    ),
]


def run(*command: str | Path) -> str:
    """What `command` says; a failure with all of that if it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release build."""
    folder = tmp_path_factory.mktemp("native_core")
    run("cmake", "-S", Path(__file__).parent, "-B", folder)
    run("cmake", "--build", folder, "--parallel", "2")
    return folder


def test_kernels_are_right_here(built: Path) -> None:
    said = run(built / "kernel_tests")
    assert re.search(r"^[1-9]\d{3,} passed, 0 failed$", said, re.MULTILINE), said


@pytest.mark.skipif(platform.machine() != "x86_64", reason="another machine's instruction sets")
def test_an_old_x86_runs_nothing_that_it_lacks(built: Path) -> None:
    if not shutil.which("qemu-x86_64"):
        pytest.skip("no qemu-x86_64 here: apt-get install qemu-user")
    said = run(
        "qemu-x86_64", "-cpu", "Nehalem", built / "kernel_tests", "200"
    )  # an illegal instruction would end it
    assert "kernels: sse2 reference" in said


@pytest.mark.skipif(not shutil.which("nm"), reason="needs nm")
def test_instruction_sets_share_no_code(built: Path) -> None:
    # the linker keeps one copy of an inline function: of two instruction sets' copies it may be the wrong one
    objects = sorted(built.glob("native/CMakeFiles/kernels_*.dir/vector/*.o"))
    assert objects
    for each in objects:
        isa = each.name.split(".")[0]
        shared = [line for line in run("nm", "--demangle", each).splitlines() if re.search(r" [VWu] ", line)]
        assert not [line for line in shared if f"gossamer::{isa}::" not in line]
