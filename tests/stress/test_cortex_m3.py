"""The C export on a Cortex-M3, emulated: images of trained models, and what they take of flash and RAM."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from gossamer.data import Dataset
from gossamer.engine import open_engine
from gossamer.export import Wanted, export_model
from gossamer.network import load_model
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
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


@dataclass(frozen=True)
class Case:
    """A network on images of Fashion-MNIST, and what its int8 export may take of flash and RAM."""

    layers: str
    size: str
    channels: int
    golden: int
    flash: int
    ram: int


REPORT = Case("conv16 pool conv32 pool dense", "28x28", 1, 100, 32_768, 5_120)
SEPARABLE = Case(
    "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense", "28x28", 1, 20, 32_768, 25_600
)
RESNET_8 = Case(
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense",
    *("32x32", 3, 10, 98_304, 50_176),
)
CASES = {"report's": REPORT, "separable": SEPARABLE, "ResNet-8": RESNET_8}


@pytest.fixture(scope="module")
def make_wanted(tmp_path_factory: pytest.TempPathFactory, fashion_mnist: Dataset) -> Callable[[Case], Wanted]:
    """A case's network, trained on 6,000 images."""
    if not all(map(shutil.which, (GCC, QEMU, SIZE))):
        pytest.skip(f"{GCC} or {QEMU} is not on this machine")

    @cache
    def make(case: Case) -> Wanted:
        folder = StudyFolder(tmp_path_factory.mktemp("m3") / "study")
        study = Study(
            DataSettings("fashion-mnist", subset=6_000, size=case.size, channels=case.channels),
            NetworkSettings((case.layers,)),
            TrainingSettings(learning_rate=(0.001,), batch_size=(32,), epochs=(1,)),
            search=SearchSettings(folds=2),
            final=FinalSettings(max_epochs=5),
        )
        run_study(plan_study(study), folder, workers=2)
        model = load_model(folder.model)
        return Wanted(model, training_images(model, folder.model), "tiny", golden=case.golden)

    return make


def sizes(file: Path) -> dict[str, int]:
    printed = subprocess.run([SIZE, "-A", str(file)], capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", printed, re.MULTILINE)}


@pytest.mark.stress
@pytest.mark.parametrize(
    ("name", "kind"),
    [("report's", "c-int8"), ("report's", "c"), ("separable", "c-int8"), ("ResNet-8", "c-int8")],
)
def test_a_network_on_a_cortex_m3(
    make_wanted: Callable[[Case], Wanted],
    name: str,
    kind: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case, floats = CASES[name], kind == "c"
    wanted = make_wanted(case)
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
    assert said["images"] == str(case.golden)
    assert said["wrong"] == "0"
    parts = {
        what: sum(size for name, size in found.items() if name.startswith(sections))
        for what, sections in (("flash", (".text", ".rodata", ".data")), ("ram", (".bss", ".data")))
    }
    flash, ram = parts["flash"], parts["ram"] + int(said["stack"])
    with capsys.disabled():
        print(
            f"\n{name} network, {kind}, on a Cortex-M3 (-Os): {said['images']} images, {said['wrong']} wrong;"
            f" flash {flash:,} bytes, of them constants {exported.facts['constant_bytes']:,};"
            f" RAM {ram:,} bytes, of them stack {int(said['stack']):,};"
            f" accuracy {exported.engine_accuracy:.4f} in floats, {exported.accuracy:.4f} exported,"
            f" {exported.parity.changed_labels} of {exported.parity.images:,} labels change"
        )
    assert flash < (4 if floats else 1) * case.flash
    assert ram < (4 if floats else 1) * case.ram


@pytest.mark.stress
def test_a_wrong_answer_would_be_noticed(make_wanted: Callable[[Case], Wanted], tmp_path: Path) -> None:
    """The emulated check fails where a weight is another."""
    export_model(replace(make_wanted(REPORT), golden=5), "c-int8", tmp_path, open_engine("auto"))
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
