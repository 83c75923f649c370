"""The C export on Cortex-M cores, emulated: images of trained models, flash, RAM and instructions."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from benchmarks.cortex_m import BOARDS, EXAMPLE, missing_tools, run_on_cortex_m
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


@dataclass(frozen=True)
class Case:
    """A network on images of Fashion-MNIST, and what its int8 export may take of flash and RAM."""

    layers: str
    size: str
    channels: int
    golden: int
    flash: int
    ram: int


REPORT = Case("conv16 pool conv32 pool dense", "28x28", 1, 100, 32_768, 4_500)
SEPARABLE = Case(
    "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense", "28x28", 1, 20, 32_768, 15_360
)
RESNET_8 = Case(
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense",
    *("32x32", 3, 10, 98_304, 36_864),
)
CASES = {"report's": REPORT, "separable": SEPARABLE, "ResNet-8": RESNET_8}


@pytest.fixture(scope="module")
def make_wanted(tmp_path_factory: pytest.TempPathFactory, fashion_mnist: Dataset) -> Callable[[Case], Wanted]:
    """A case's network, trained on 6,000 images."""
    if missing := missing_tools():
        pytest.skip(f"not on this machine: {', '.join(missing)}")

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
    found = run_on_cortex_m(tmp_path)
    assert (found.images, found.wrong) == (case.golden, 0)
    fast = {core: run_on_cortex_m(tmp_path, core, "-O2") for core in BOARDS}
    assert {(each.images, each.wrong) for each in fast.values()} == {(case.golden, 0)}
    instructions = ", ".join(
        f"{each.instructions:,} on a Cortex-{core.upper()}" for core, each in fast.items()
    )
    with capsys.disabled():
        print(
            f"\n{name} network, {kind}, on a Cortex-M3 (-Os): {found.images} images, {found.wrong} wrong;"
            f" flash {found.flash:,} bytes, of them constants {exported.facts['constant_bytes']:,};"
            f" RAM {found.ram:,} bytes, of them stack {found.stack:,};"
            f" instructions per image (-O2): {instructions};"
            f" accuracy {exported.engine_accuracy:.4f} in floats, {exported.accuracy:.4f} exported,"
            f" {exported.parity.changed_labels} of {exported.parity.images:,} labels change"
        )
    assert floats or found.flash <= wanted.model.network.flash_bytes
    assert found.flash < (4 if floats else 1) * case.flash
    assert found.ram < (4 if floats else 1) * case.ram


@pytest.mark.stress
@pytest.mark.parametrize("core", BOARDS)
def test_the_example_prints_the_classes_of_five_images(core: str, tmp_path: Path) -> None:
    if missing := missing_tools():
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("build"))
    made = subprocess.run(
        ["make", "run", f"CORE={core}", f"GOSSAMER={Path(sys.executable).with_name('gossamer')}"],
        cwd=tmp_path / "example",
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    said = re.findall(r"^image (\d): (.+)$", made.stdout + made.stderr, re.MULTILINE)
    assert said == [("1", "T-shirt/top"), ("2", "Trouser"), ("3", "Pullover"), ("4", "Dress"), ("5", "Coat")]


@pytest.mark.stress
def test_a_wrong_answer_would_be_noticed(make_wanted: Callable[[Case], Wanted], tmp_path: Path) -> None:
    """The emulated check fails where a weight is another."""
    export_model(replace(make_wanted(REPORT), golden=5), "c-int8", tmp_path, open_engine("auto"))
    text = (tmp_path / "tiny.c").read_text()
    changed = re.sub(r"(dense_bias\[10\] = \{\s*)-?\d+", r"\g<1>123456", text)
    assert changed != text
    (tmp_path / "tiny.c").write_text(changed)
    found = run_on_cortex_m(tmp_path)
    assert found.wrong
