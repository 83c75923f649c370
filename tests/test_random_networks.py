"""A hundred random networks (`make stress`: a thousand), and what must hold for each of them.

They are drawn once, by hypothesis; `pytest -s` shows how many have an op, a stride, an odd map and so on.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gossamer import from_torch
from gossamer.engine import TrainingState, open_engine
from gossamer.export.c_source import CSource, c_source
from gossamer.export.onnx import onnx_graph, run_onnx
from gossamer.export.onnx_int8 import onnx_int8_graph
from gossamer.export.quantized import LOGIT_BITS, quantize
from gossamer.export.torch import module_source, state_dict
from gossamer.network import OPS, Architecture, Model
from gossamer.network.reference import logits_of
from gossamer.web.network import page_network
from tests.browser import opened_browser
from tests.constant_rate import trainer_at
from tests.random_networks import counts, model_of, random_networks

Networks = tuple[Architecture, ...]
LEAST = 3
"""Of a hundred networks, that have any one trait."""
IMAGES = 6


@pytest.fixture(scope="module", params=[60, pytest.param(1_000, marks=pytest.mark.stress)])
def networks(request: pytest.FixtureRequest) -> Networks:
    count: int = request.param
    return random_networks(count)


@pytest.fixture(scope="module")
def models(networks: Networks) -> dict[str, tuple[Model, NDArray[np.uint8], NDArray[np.float64]]]:
    """By words and image shape: a model, images, and the logits that NumPy has for them."""
    found = {}
    for network in networks:
        model, images = model_of(network), images_for(network)
        found[f"{network.words!r} for {network.input_shape}"] = model, images, logits_of(model, images)
    return found


def images_for(network: Architecture, count: int = IMAGES) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, *network.input_shape)).astype(np.uint8)


def agree(found: NDArray[Any], logits: NDArray[np.float64]) -> bool:
    """To float's rounding: the logits' own size is the measure, for they may cancel to almost nothing."""
    return bool(np.abs(found - logits).max() <= 2e-5 * max(1.0, np.abs(logits).max()))


Case = tuple[Model, NDArray[np.uint8], NDArray[np.float64]]
Cases = dict[str, Case]


def test_they_are_not_trivial(networks: Networks) -> None:
    found = counts(networks)
    for trait, count in sorted(found.items()):
        print(f"{count:6} {trait}")  # noqa: T201 - `pytest -s` shows what is tested
    assert len(found) > 50
    assert {op.name for op in OPS} <= set(found)
    assert min(found.values()) * 100 >= LEAST * len(networks), found.most_common()[-1]


def test_words_and_graphs_say_the_same(networks: Networks) -> None:
    for network in networks:
        for each in (network, network.folded):
            again = Architecture.parse(each.words, each.input_shape, each.classes)
            assert (again, again.graph) == (each, each.graph)


def test_folding_changes_no_logit(models: Cases) -> None:
    for case, (model, images, logits) in models.items():
        assert agree(logits_of(model.folded, images), logits), case


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_an_engine_has_numpys_logits(models: Cases, engine: str) -> None:
    opened = open_engine(engine, "cpu")
    for case, (model, images, logits) in models.items():
        found = opened.logits(model.network, model.weights, model.scaling, images, threads=2)
        assert agree(found, logits), case


def test_pytorchs_module_has_them_and_comes_back(models: Cases) -> None:
    for case, (model, images, logits) in models.items():
        module = model.to_torch()
        with torch.inference_mode():
            assert agree(module(torch.tensor(images).permute(0, 3, 1, 2)).numpy(), logits), case
        back = from_torch(module, model.network.input_shape, model.classes)
        assert agree(logits_of(back, images), logits), case
        if "(" in model.network.words or "+" in model.network.words:  # no chain, whose layers alone are known
            assert back.hash == model.folded.hash, case


def test_the_engines_train_alike(networks: Networks) -> None:
    """One step shows the gradients, which are ten times Adam's first moment; then there are nine more.

    Most networks agree to rounding. A few do not, and need not. A value that rounding moves across a kink of
    an activation changes gradients at once. A weight that changes no answer, such as a bias before a later
    norm, has a gradient of nothing but rounding, which Adam makes as large as any other. Of the five
    largest differences in gradients and the five in losses, among a thousand networks, the native engine was
    nearer to double precision in eight.
    """
    found = np.array([_differences(network) for network in networks])
    gradients, losses, logits = found.T
    assert np.quantile(gradients, 0.95) < 1e-3, networks[gradients.argmax()]
    assert np.quantile(losses, 0.95) < 1e-4, networks[losses.argmax()]
    assert np.quantile(logits, 0.95) < 2e-2, networks[logits.argmax()]
    assert np.isfinite(found).all()


def _differences(network: Architecture) -> tuple[float, float, float]:
    """The engines' largest relative differences in gradients, in losses and, after ten steps, in logits."""
    model, images = model_of(network), images_for(network, 24)
    labels, state = np.arange(24) % network.classes, TrainingState.start(network, model.weights)
    found = []
    for name in ("native", "torch"):
        trainer = trainer_at(
            open_engine(name, "cpu"),
            network,
            model.scaling,
            images,
            labels,
            state,
            learning_rate=0.001,
            batch_size=8,
        )
        trainer.train_epoch(np.arange(8))
        gradients = trainer.state().slots["first_moment"]
        losses = [trainer.train_epoch(np.arange(24)).loss for _ in range(3)]
        logits = logits_of(replace(model, weights=trainer.state().weights), images)
        found.append((gradients, np.array(losses), logits))
    (ours, our_losses, our_logits), (theirs, their_losses, their_logits) = found
    least = 0.01 * max(np.abs(each).max() for each in theirs.values())
    in_gradients = max(
        np.abs(ours[name] - each).max() / (np.abs(each).max() + least) for name, each in theirs.items()
    )
    in_logits = np.abs(our_logits - their_logits).max() / max(1.0, np.abs(their_logits).max())
    return in_gradients, np.abs(our_losses / their_losses - 1).max(), in_logits


def test_onnx_has_them(models: Cases) -> None:
    for case, (model, images, logits) in models.items():
        assert agree(run_onnx(onnx_graph(model.folded).SerializeToString(), images), logits), case


def test_pytorchs_source_has_them(models: Cases) -> None:
    for case, (model, images, logits) in models.items():
        scope: dict[str, Any] = {"nn": torch.nn, "functional": torch.nn.functional}
        exec(module_source(model.folded), scope)  # noqa: S102 - what a user would run
        scope["network"].load_state_dict({k: torch.tensor(v) for k, v in state_dict(model.folded).items()})
        low, high = model.scaling.minimum, model.scaling.maximum
        scaled = (torch.tensor(images).permute(0, 3, 1, 2).float() - low) / (high - low)
        with torch.inference_mode():
            assert agree(scope["network"](scaled).numpy(), logits), case


def test_c_has_them(models: Cases, tmp_path: Path) -> None:
    sources = [c_source(model.folded, f"net{at}") for at, (model, _, _) in enumerate(models.values())]
    found = run_together(sources, [images for _, images, _ in models.values()], tmp_path)
    for (case, (_, _, logits)), answered in zip(models.items(), found, strict=True):
        assert agree(answered, logits), case


def test_c_in_integers_has_those_of_numpy_in_integers(models: Cases, tmp_path: Path) -> None:
    quantized = [quantize(model.folded, images) for model, images, _ in models.values()]
    sources = [
        c_source(model.folded, f"net{at}", each)
        for at, ((model, _, _), each) in enumerate(zip(models.values(), quantized, strict=True))
    ]
    found = run_together(sources, [images for _, images, _ in models.values()], tmp_path)
    for (case, (_, images, _)), each, answered in zip(models.items(), quantized, found, strict=True):
        assert np.array_equal(answered, each.logits(images)), case


def test_onnx_in_integers_has_those_of_numpy_in_integers(models: Cases) -> None:
    """ONNX Runtime scales in 32-bit floats: a number beside a half may be rounded the other way."""
    different = []
    for case, (model, images, _) in models.items():
        quantized = quantize(model.folded, images)
        graph = onnx_int8_graph(model.folded, quantized)
        found = run_onnx(graph.SerializeToString(), images)
        expected = quantized.logits(images) / 2.0**LOGIT_BITS
        if np.abs(found - expected).max() > 2.0**-LOGIT_BITS + 1e-5 * np.abs(expected).max():
            different.append(case)
            assert np.abs(found - expected).max() < 0.2 * np.ptp(expected), case
    assert len(different) < 0.1 * len(models), different


def run_together(
    sources: Sequence[CSource], images: Sequence[NDArray[np.uint8]], folder: Path
) -> list[NDArray[Any]]:
    """The logits of every source for its images, by one program: starting a hundred takes too long."""
    for source in sources:
        for name, text in source.files.items():
            (folder / name).write_text(text)
        main = source.parity_main().replace("int main(void)", f"int {source.name}_main(void)")
        shortened = main.replace("while (fread", f"for (int i = 0; i < {IMAGES} && fread").replace(
            "stdin) == sizeof image)", "stdin) == sizeof image; ++i)"
        )
        (folder / f"{source.name}_parity.c").write_text(shortened)
    calls = "\n".join(f"int {each.name}_main(void);" for each in sources)
    mains = " || ".join(f"{each.name}_main()" for each in sources)
    (folder / "all.c").write_text(f"{calls}\nint main(void)\n{{\n    return {mains};\n}}\n")
    program = folder / "all"
    subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", *sorted(folder.glob("*.c")), "-o", program],
        check=True,
    )
    given = b"".join(each.tobytes() for each in images)
    answered = subprocess.run([program], input=given, capture_output=True, check=True).stdout
    kind = np.dtype(np.int32 if sources[0].context["int8"] else np.float32)
    sizes = [len(source.context["classes"]) * IMAGES for source in sources]
    parts = np.split(np.frombuffer(answered, kind), np.cumsum(sizes)[:-1])
    return [part.reshape(IMAGES, -1) for part in parts]


def test_the_page_has_them(models: Cases) -> None:
    source = (files("gossamer.web") / "templates" / "network.js").read_text()
    script = """([source, cases]) => cases.map(([network, images]) => {
        const opened = new Function(`${source}; return openNetwork;`)()(network);
        return images.map((image) => opened.answer(image).logits);
    })"""
    cases = [
        [page_network(model), images.reshape(len(images), -1).tolist()]
        for model, images, _ in models.values()
    ]
    with opened_browser() as browser:
        found = browser.new_page().evaluate(script, [source, cases])
    for (case, (_, _, logits)), answered in zip(models.items(), found, strict=True):
        assert agree(np.array(answered), logits), case
