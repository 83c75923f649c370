"""The C export on a Cortex-M3, emulated: 100 images of a real model, and what it takes of flash and RAM."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.export import Wanted, export_model
from gossamer.network import load_model
from gossamer.study import (
    DataSettings,
    FinalSettings,
    SearchSettings,
    Study,
    StudyFolder,
    TrainingSettings,
    plan_study,
    run_study,
    training_images,
)

HERE = Path(__file__).parents[1] / "export" / "cortex_m3"
GCC, QEMU, SIZE = "arm-none-eabi-gcc", "qemu-system-arm", "arm-none-eabi-size"
CPU = ("-mcpu=cortex-m3", "-mthumb", "-ffreestanding", "-std=c99", "-Wall", "-Wextra", "-Werror", "-Os")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory, fashion_mnist: Dataset) -> Wanted:
    """The report's network, trained on 6,000 images of Fashion-MNIST."""
    if not all(map(shutil.which, (GCC, QEMU, SIZE))):
        pytest.skip(f"{GCC} or {QEMU} is not on this machine")
    folder = StudyFolder(tmp_path_factory.mktemp("m3") / "study")
    study = Study(
        DataSettings("fashion-mnist", subset=6_000),
        training=TrainingSettings(learning_rate=(0.001,), batch_size=(32,), epochs=(1,)),
        search=SearchSettings(folds=2),
        final=FinalSettings(max_epochs=5),
    )
    run_study(plan_study(study), folder, workers=2)
    model = load_model(folder.model)
    return Wanted(model, training_images(model, folder.model), "tiny", golden=100)


def sizes(file: Path) -> dict[str, int]:
    printed = subprocess.run([SIZE, "-A", str(file)], capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", printed, re.MULTILINE)}


@pytest.mark.stress
@pytest.mark.parametrize(
    ("kind", "flash_limit", "ram_limit"), [("c-int8", 32_768, 16_384), ("c", 98_304, 32_768)]
)
def test_100_images_on_a_cortex_m3(
    wanted: Wanted,
    kind: str,
    flash_limit: int,
    ram_limit: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    exported = export_model(wanted, kind, tmp_path, open_engine("auto"))
    subprocess.run([GCC, *CPU, "-c", "tiny.c", "-o", "tiny.o"], cwd=tmp_path, check=True)
    found = sizes(tmp_path / "tiny.o")
    link = ["-nostdlib", "-I.", "-Wno-unused-function", f"-T{HERE / 'lm3s6965.ld'}"]
    sources = ["tiny.o", str(HERE / "startup.c"), "-lgcc", "-o", "tiny.elf"]
    subprocess.run([GCC, *CPU, *link, *sources], cwd=tmp_path, check=True)
    emulator = [QEMU, "-M", "lm3s6965evb", "-nographic", "-semihosting", "-kernel", "tiny.elf"]
    ran = subprocess.run(emulator, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    said = dict(
        line.split() for line in (ran.stdout + ran.stderr).splitlines() if re.fullmatch(r"\w+ \d+", line)
    )
    assert ran.returncode == 0, ran.stderr
    assert said["images"] == "100"
    assert said["wrong"] == "0"
    parts = {
        what: sum(size for name, size in found.items() if name.startswith(sections))
        for what, sections in (("flash", (".text", ".rodata", ".data")), ("ram", (".bss", ".data")))
    }
    flash, ram = parts["flash"], parts["ram"] + int(said["stack"])
    with capsys.disabled():
        print(
            f"\n{kind} on a Cortex-M3 (-Os): {said['images']} images, {said['wrong']} wrong;"
            f" flash {flash:,} bytes, of them constants {exported.facts['constant_bytes']:,};"
            f" RAM {ram:,} bytes, of them stack {int(said['stack']):,}"
        )
    assert flash < flash_limit
    assert ram < ram_limit


@pytest.mark.stress
def test_a_wrong_answer_would_be_noticed(wanted: Wanted, tmp_path: Path) -> None:
    """The emulated check fails where a weight is another."""
    export_model(replace(wanted, golden=5), "c-int8", tmp_path, open_engine("auto"))
    text = (tmp_path / "tiny.c").read_text()
    changed = re.sub(r"(dense_bias\[10\] = \{\s*)-?\d+", r"\g<1>123456", text)
    assert changed != text
    (tmp_path / "tiny.c").write_text(changed)
    link = ["-nostdlib", "-I.", "-Wno-unused-function", f"-T{HERE / 'lm3s6965.ld'}"]
    sources = ["tiny.c", str(HERE / "startup.c"), "-lgcc", "-o", "tiny.elf"]
    subprocess.run([GCC, *CPU, *link, *sources], cwd=tmp_path, check=True)
    emulator = [QEMU, "-M", "lm3s6965evb", "-nographic", "-semihosting", "-kernel", "tiny.elf"]
    ran = subprocess.run(emulator, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert ran.returncode != 0
