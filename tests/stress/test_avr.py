"""The C export on an ATmega2560, emulated: `int` has 16 bits, and constants are read from flash."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.engine import open_engine
from gossamer.export import export_model
from tests.export.conftest import make_wanted
from tests.export.test_compiled_c import STRICT

TOOLS = ("avr-gcc", "avr-size", "qemu-system-avr")
BLOCKS = "bn conv4 sep6 sep6+ pool inv8 (conv10 conv8 |) gap dense"
SWISHES = "bn hswish conv6k5 dws2 conv7 avg dense"


@pytest.mark.stress
@pytest.mark.parametrize("kind", ["c-int8", "c"])
@pytest.mark.parametrize("words", [BLOCKS, SWISHES])
def test_a_microcontroller_of_8_bits_has_the_same_logits(words: str, kind: str, tmp_path: Path) -> None:
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    wanted = replace(make_wanted(words, (8, 8, 1)), name="tiny", golden=5)
    exported = export_model(wanted, kind, tmp_path, open_engine("auto"), force=True)
    options = ["-mmcu=atmega2560", "-Os", "-std=c99"]
    strict = [each for each in STRICT if each != "-Wdouble-promotion"]  # a double is a float there
    sources = ["tiny.c", str(Path(__file__).with_name("avr.c"))]
    for source in sources:
        number = f"-DTINY_NUMBER={'float' if kind == 'c' else 'uint8_t'}"
        warned = strict if source == "tiny.c" else [number]
        subprocess.run(["avr-gcc", *options, *warned, "-I.", "-c", source], cwd=tmp_path, check=True)
    subprocess.run(["avr-gcc", *options, "tiny.o", "avr.o", "-o", "tiny.elf"], cwd=tmp_path, check=True)
    sizes = subprocess.run(
        ["avr-size", "-A", "tiny.o"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = {name: int(size) for name, size in re.findall(r"^(\.\S+)\s+(\d+)", sizes.stdout, re.MULTILINE)}
    assert sum(n for name, n in found.items() if name.startswith(".progmem")) >= exported.size
    assert found[".data"] + found[".bss"] + found.get(".rodata", 0) < 100  # the names' addresses
    board = ["qemu-system-avr", "-machine", "mega2560", "-nographic", "-bios", "tiny.elf"]
    with subprocess.Popen(board, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        said = device.stdout.readline()
        device.kill()
    assert said == "wrong 0\n"
