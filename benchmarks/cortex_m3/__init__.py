"""An exported model on a Cortex-M3, emulated: how many golden vectors it misses, and its flash and RAM."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GCC, SIZE, QEMU = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"
OPTIONS = ("-mcpu=cortex-m3", "-mthumb", "-ffreestanding", "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os")
LINK = ("-nostdlib", "-I.", "-Wno-unused-function", f"-T{HERE / 'lm3s6965.ld'}")


@dataclass(frozen=True)
class OnDevice:
    """What the emulated device says of a model.

    Attributes:
        images: how many golden vectors it was given.
        wrong: how many of them it answered otherwise.
        flash: bytes of code and constants of the model alone.
        ram: bytes of its buffers and of the deepest stack while it ran.
        stack: those of the stack.
    """

    images: int
    wrong: int
    flash: int
    ram: int
    stack: int


def missing_tools() -> list[str]:
    """What is not installed of all that `run_on_cortex_m3` takes."""
    return [tool for tool in (GCC, SIZE, QEMU) if shutil.which(tool) is None]


def run_on_cortex_m3(folder: Path) -> OnDevice:
    """Compile `tiny.c` in `folder`, a C export named "tiny" with golden vectors, and run it.

    Raises:
        CalledProcessError: it cannot be compiled.
        ValueError: the device did not run to its end.
    """
    _run(GCC, *OPTIONS, "-c", "tiny.c", "-o", "tiny.o", folder=folder)
    printed = _run(SIZE, "-A", "tiny.o", folder=folder).stdout
    sizes = {name: int(size) for name, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", printed, re.MULTILINE)}
    sources = ("tiny.o", str(HERE / "startup.c"), "-lgcc", "-o", "tiny.elf")
    _run(GCC, *OPTIONS, *LINK, *sources, folder=folder)
    device = ("-M", "lm3s6965evb", "-nographic", "-semihosting", "-kernel", "tiny.elf")
    ran = _run(QEMU, *device, folder=folder, check=False)
    said = dict(
        line.split() for line in (ran.stdout + ran.stderr).splitlines() if re.fullmatch(r"\w+ \d+", line)
    )
    if not {"images", "wrong", "stack"} <= said.keys():
        raise ValueError(f"{folder}: the device did not run to its end: {ran.stdout}{ran.stderr}")

    def total(*sections: str) -> int:
        return sum(size for name, size in sizes.items() if name.startswith(sections))

    stack = int(said["stack"])
    flash, ram = total(".text", ".rodata", ".data"), total(".bss", ".data") + stack
    return OnDevice(int(said["images"]), int(said["wrong"]), flash, ram, stack)


def _run(*command: str, folder: Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the tools named above
        command, cwd=folder, capture_output=True, text=True, check=check, timeout=600
    )
