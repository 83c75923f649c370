"""The native core on ARM: cross-compiled for AArch64 and run under QEMU, which tests its NEON kernels."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

NATIVE_CORE = Path(__file__).resolve().parents[1] / "native_core"
COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
SHAPES = "1000"  # emulated, 10 s


def run(*command: str | Path) -> str:
    """What `command` says; a failure with all of that if it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.stress
def test_kernels_are_right_on_arm(tmp_path: Path) -> None:
    native = platform.machine() == "aarch64"
    missing = [tool for tool in ("cmake", COMPILER, EMULATOR) if not shutil.which(tool)]
    if missing and not native:
        pytest.skip(f"no {', '.join(missing)} here: apt-get install g++-aarch64-linux-gnu qemu-user")
    cross = [
        "-DCMAKE_SYSTEM_NAME=Linux",
        "-DCMAKE_SYSTEM_PROCESSOR=aarch64",
        f"-DCMAKE_CXX_COMPILER={COMPILER}",
        "-DCMAKE_EXE_LINKER_FLAGS=-static",  # then the emulator needs no libraries of ARM
    ]
    run("cmake", "-S", NATIVE_CORE, "-B", tmp_path, *([] if native else cross))
    run("cmake", "--build", tmp_path, "--parallel", "2")
    said = run(*([] if native else [EMULATOR]), tmp_path / "kernel_tests", SHAPES)
    assert "kernels: neon reference" in said
    assert re.search(r"^[1-9]\d{3,} passed, 0 failed$", said, re.MULTILINE), said
