"""Exported models on emulated Cortex-M cores: golden vectors missed, flash, RAM, instructions per image."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MEASURE = Path(__file__).with_name("measure.c")
EXAMPLE = Path(__file__).parents[2] / "examples" / "cortex-m"
GCC, SIZE, QEMU = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
OPTIONS = ("-mthumb", "-ffreestanding", "-std=c99", "-Wall", "-Wextra", "-Werror")
LINK = ("-nostdlib", "-I.", "-Wno-unused-function", f"-I{EXAMPLE}", f"-T{EXAMPLE / 'mps2.ld'}")
BOARDS = {"m3": "mps2-an385", "m4": "mps2-an386", "m7": "mps2-an500"}
"""The emulated boards, by core."""


@dataclass(frozen=True)
class OnDevice:
    """What the emulated device says of a model.

    Attributes:
        images: how many golden vectors it was given.
        wrong: how many of them it answered otherwise.
        flash: bytes of code and constants of the model alone.
        ram: bytes of its buffer and of the deepest stack while it ran.
        stack: those of the stack.
        instructions: per image.
    """

    images: int
    wrong: int
    flash: int
    ram: int
    stack: int
    instructions: int


def missing_tools() -> list[str]:
    """What is not installed of all that `run_on_cortex_m` takes."""
    return [tool for tool in (GCC, SIZE, QEMU) if shutil.which(tool) is None]


def run_on_cortex_m(folder: Path, core: str = "m3", optimization: str = "-Os") -> OnDevice:
    """Compile `tiny.c` in `folder`, a C export named "tiny" with golden vectors, and run it.

    Args:
        folder: where the export is.
        core: one of BOARDS.
        optimization: of the compiler.

    Raises:
        CalledProcessError: it cannot be compiled.
        ValueError: the device did not run to its end.
    """
    options = (*OPTIONS, f"-mcpu=cortex-{core}", optimization)
    _run(GCC, *options, "-c", "tiny.c", "-o", "tiny.o", folder=folder)
    printed = _run(SIZE, "-A", "tiny.o", folder=folder).stdout
    sizes = {name: int(size) for name, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", printed, re.MULTILINE)}
    sources = ("tiny.o", str(MEASURE), str(EXAMPLE / "startup.c"), "-lgcc", "-o", "tiny.elf")
    _run(GCC, *options, *LINK, *sources, folder=folder)
    device = ("-M", BOARDS[core], "-nographic", "-semihosting", "-icount", "shift=0", "-kernel", "tiny.elf")
    ran = _run(QEMU, *device, folder=folder, check=False)
    said = {
        name: int(value)
        for name, value in (
            line.split() for line in (ran.stdout + ran.stderr).splitlines() if re.fullmatch(r"\w+ \d+", line)
        )
    }
    if not {"images", "wrong", "stack", "buffer", "ticks", "calibration"} <= said.keys():
        raise ValueError(f"{folder}: the device did not run to its end: {ran.stdout}{ran.stderr}")

    def total(*sections: str) -> int:
        return sum(size for name, size in sizes.items() if name.startswith(sections))

    return OnDevice(
        said["images"],
        said["wrong"],
        total(".text", ".rodata", ".data"),
        total(".bss", ".data") + said["buffer"] + said["stack"],
        said["stack"],
        round(said["ticks"] * CALIBRATED / said["calibration"]),
    )


CALIBRATED = 3_000_000
"""Instructions of the loop in measure.c by which the timer's ticks become instructions."""


def _run(*command: str, folder: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the tools named above
        command, cwd=folder, capture_output=True, text=True, check=check, timeout=600
    )
