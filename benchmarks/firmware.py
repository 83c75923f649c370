"""Networks in 8-bit integers on emulated microcontrollers: `python -m benchmarks.firmware`.

Each is trained for some epochs on a part of Fashion-MNIST's training images, and exported to C, as it is and
fine-tuned. Accuracies are of training images that it did not see; the test set stays sealed. Instructions are
counted by QEMU, which knows neither wait states nor caches.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.command import add_outputs, deliver, positive, say
from benchmarks.cortex_m import BOARDS, OnDevice, missing_tools, run_on_cortex_m
from benchmarks.frontier.points import points
from benchmarks.machine import cores, machine, versions
from benchmarks.page import table
from gossamer.engine import open_engine
from gossamer.errors import SettingError
from gossamer.export import Wanted, export_model
from gossamer.network import Model
from gossamer.presets import load_preset
from gossamer.search import Journal, do_tasks, open_executor, resume
from gossamer.study import DataSettings, FinalSettings, NetworkSettings, Study, TrainingImages, plan_study

SECTION = "firmware"
GOLDEN = 5
BLOCKS = {
    "sep": "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense",
    "inv": "bn conv8 inv16e3 pool 2*inv16e3+ inv24e3s2 inv24e3+ gap dense",
}


@dataclass(frozen=True)
class Deployed:
    """A network in integers.

    Attributes:
        name: which.
        layers: in words.
        parameters: deployed.
        multiply_adds: per image.
        images: validation images.
        accuracies: of the engine's floats, of integers, and of fine-tuned integers.
        flash: bytes of code and constants on a Cortex-M3 at -Os.
        ram: bytes of buffer and stack there.
        instructions: per image, by core, at -O2.
    """

    name: str
    layers: str
    parameters: int
    multiply_adds: int
    images: int
    accuracies: tuple[float, float, float]
    flash: int
    ram: int
    instructions: dict[str, int]


def cases(images: int, epochs: int) -> dict[str, Study]:
    """The study of every network."""
    recipe = load_preset("small-20k")
    studies = {
        **points(),
        **{name: replace(recipe, network=NetworkSettings((layers,))) for name, layers in BLOCKS.items()},
    }
    return {
        name: replace(
            study,
            data=DataSettings("fashion-mnist", subset=images),
            # one setting: the report's best, of which early stopping ends the fit, or the preset's own
            training=replace(
                study.training,
                learning_rate=(0.001,)
                if len(study.training.learning_rate) > 1
                else study.training.learning_rate,
                batch_size=(64,) if len(study.training.batch_size) > 1 else study.training.batch_size,
                epochs=(epochs,),
            ),
            final=FinalSettings(validation=0.25, max_epochs=0, patience=0),
        )
        for name, study in studies.items()
    }


def trained(study: Study, folder: Path) -> tuple[Model, TrainingImages]:
    """The model of the study's final fit, and its images."""
    plan = plan_study(study)
    fit = plan.procedure.final_fit(plan.search.settings[0])
    with (
        Journal(folder / "journal.db") as journal,
        closing(open_executor(plan.engine, plan.train, cores())) as executor,
    ):
        do_tasks([resume(journal, fit)], journal, executor)
        outcome = journal.find(fit)
    assert outcome is not None  # noqa: S101 - it has just been done
    model = Model(fit.network, outcome.fitted.weights, fit.scaling, plan.train.classes, {})
    train, validation = (plan.train.take(rows) for rows in (fit.split.train, fit.split.validation))
    return model, TrainingImages(train, validation, "a part of the training images")


def deployed(name: str, study: Study, finetune: int) -> Deployed:
    """The network, trained, exported and emulated."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model, images = trained(study, folder)
        say(f"{name}: trained")
        wanted = Wanted(model, images, name="tiny", golden=GOLDEN)
        engine = open_engine("auto")
        plain = export_model(wanted, "c-int8", folder / "plain", engine, force=True, threads=cores())
        small = run_on_cortex_m(folder / "plain")
        fast: dict[str, OnDevice] = {core: run_on_cortex_m(folder / "plain", core, "-O2") for core in BOARDS}
        if wrong := [core for core, found in fast.items() if found.wrong] or small.wrong:
            raise SettingError(f"{name}: other logits on an emulated core ({wrong})")
        tuned = export_model(
            replace(wanted, finetune=finetune),
            "c-int8",
            folder / "tuned",
            engine,
            force=True,
            threads=cores(),
        )
    return Deployed(
        name,
        model.network.words,
        model.folded.network.parameters,
        model.network.multiply_adds,
        plain.validation,
        (plain.engine_accuracy, plain.accuracy, tuned.accuracy),
        small.flash,
        small.ram,
        {core: found.instructions for core, found in fast.items()},
    )


def markdown(found: Sequence[Deployed], options: argparse.Namespace) -> str:
    """The table, and who measured it."""
    heads = [
        "network",
        "deployed parameters",
        "multiply-adds",
        "floats",
        "int8",
        f"fine-tuned, {options.finetune} epochs",
    ]
    heads += ["flash", "RAM with stack", *(f"{core.upper()}, million instructions" for core in BOARDS)]
    rows = [
        [
            each.name,
            f"{each.parameters:,}",
            f"{each.multiply_adds:,}",
            *(f"{100 * accuracy:.2f} %" for accuracy in each.accuracies),
            f"{each.flash:,}",
            f"{each.ram:,}",
            *(f"{count / 1e6:.2f}" for count in each.instructions.values()),
        ]
        for each in found
    ]
    described, known = machine(), versions(("gossamer", "numpy", "torch"))
    notes = [
        f"- Trained for {options.epochs} epochs on {3 * options.images // 4:,} images; accuracies on"
        f" {found[0].images:,} others.",
        f"- Machine: {described['processor']}, {described['cores']} cores; {described['native']};"
        f" {', '.join(f'{name} {version}' for name, version in known.items())}",
        *(f"- {each.name}: `{each.layers}`" for each in found if each.name in BLOCKS),
    ]
    return "\n".join([table(heads, rows), "", *notes])


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, train, export, emulate, write; the exit code."""
    options = _parser().parse_args(arguments)

    def measure() -> tuple[str, Any]:
        if missing := missing_tools():
            raise SettingError(f"not on this machine: {', '.join(missing)}")
        studies = cases(options.images, options.epochs)
        found = []
        for name in options.only or studies:
            found.append(deployed(name, studies[name], options.finetune))
            say(f"{name}: {', '.join(f'{each:.4f}' for each in found[-1].accuracies)}")
        return markdown(found, options), [asdict(each) for each in found]

    return deliver(options, SECTION, measure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.firmware",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    add = parser.add_argument
    add("--only", choices=list(cases(60_000, 1)), action="append", help="a network; may be given again")
    add("--images", type=positive(int), default=12_000, help="of which a quarter are held out (12000)")
    add("--epochs", type=positive(int), default=10, help="of training (10)")
    add("--finetune", type=positive(int), default=3, help="epochs of fine-tuning (3)")
    add_outputs(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
