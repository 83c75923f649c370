"""Every export answers as the engine does, or is not written."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from scipy.special import softmax

from gossamer.data import LabelledImages
from gossamer.engine import open_engine
from gossamer.errors import ExportError, SettingError
from gossamer.export import KINDS, Wanted, export_model, kinds
from gossamer.export.c_source import c_source
from gossamer.export.compiled import run_compiled
from gossamer.export.kinds import Made
from gossamer.export.onnx import onnx_graph, open_session
from gossamer.export.parity import compare
from gossamer.export.quantized import LOGIT_BITS, Quantized, quantize, quantize_best
from gossamer.network import Model
from gossamer.network.reference import logits_of
from gossamer.study import FoldModel
from gossamer.study.record import Results, decode
from tests.export.conftest import TEMPERATURE, engine_logits
from tests.made_up_results import made_up_results

FLOATS = tuple(kind for kind in KINDS if not kind.endswith("int8"))


@pytest.mark.parametrize("kind", FLOATS)
def test_every_network_in_floats_keeps_its_answers(wanted: Wanted, kind: str, tmp_path: Path) -> None:
    found = export_model(wanted, kind, tmp_path, open_engine("auto"))
    assert found.parity.images == 90
    assert found.parity.largest_difference <= 1e-4
    assert found.accuracy == found.engine_accuracy
    assert all((tmp_path / name).is_file() for name in found.files)
    record = json.loads((tmp_path / found.files[-1]).read_text())
    assert record["model_hash"] == wanted.model.hash
    assert record["parity"]["images"] == 90


def test_integers_in_c_are_the_integers_in_numpy(wanted: Wanted) -> None:
    images = np.concatenate([wanted.images.train.images, wanted.images.validation.images])
    quantized = quantize(wanted.model, wanted.images.train.images)
    found, _ = run_compiled(c_source(wanted.model, "tiny", quantized), images)
    assert np.array_equal(found, quantized.logits(images))
    expected = engine_logits(wanted, images)
    spread = expected.max() - expected.min()
    assert np.abs(found / 2.0**LOGIT_BITS - expected).max() < 0.06 * spread


@pytest.mark.parametrize("words", ["conv4 pool dense", "gap conv4 dense", "pool dense"])
def test_a_pixel_that_stands_for_nothing_may_be_another_than_0(
    make: Callable[..., Wanted], words: str
) -> None:
    wanted = make(words, (8, 8, 1), 30.0, 230.0)
    images = wanted.images.train.images
    quantized = quantize(wanted.model, images)
    found, _ = run_compiled(c_source(wanted.model, "tiny", quantized), images)
    assert np.array_equal(found, quantized.logits(images))
    assert compare(engine_logits(wanted, images), found / 2.0**LOGIT_BITS).largest_difference < 0.2
    plain, _ = run_compiled(c_source(wanted.model), images)
    assert compare(engine_logits(wanted, images), plain).largest_difference < 1e-4
    odd = make("conv4 dense", (8, 8, 1), 0.5, 250.0).model
    with pytest.raises(ExportError, match="floats"):
        c_source(odd, "tiny", quantize(odd, images))


def test_numpy_s_forward_pass_is_the_engine_s(wanted: Wanted) -> None:
    images = wanted.images.train.images
    assert np.allclose(logits_of(wanted.model, images), engine_logits(wanted, images), atol=1e-4)


def test_an_onnx_graph_carries_all_that_its_reader_needs(small: Wanted, tmp_path: Path) -> None:
    export_model(small, "onnx", tmp_path, open_engine("auto"))
    made = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(made, full_check=True)
    said = {prop.key: prop.value for prop in made.metadata_props}
    assert json.loads(said["classes"]) == list(small.model.classes)
    assert json.loads(said["provenance"])["data"] == "made up"
    assert json.loads(said["parity"])["parity"]["images"] == 90
    assert "scales" in said["preprocessing"]
    session = open_session((tmp_path / "model.onnx").read_bytes())
    assert session.get_inputs()[0].type == "tensor(uint8)"
    for n in (1, 7):
        images = small.images.train.images[:n]
        (probabilities,) = session.run(["probabilities"], {"images": images})
        calibrated = engine_logits(small, images).astype(np.float64) / TEMPERATURE
        assert np.allclose(probabilities, softmax(calibrated, axis=1), atol=1e-5)
    assert said["temperature"] == "1.25"


def test_every_form_says_at_which_temperature_it_is_calibrated(small: Wanted, tmp_path: Path) -> None:
    for kind in ("c", "torch", "huggingface", "html"):
        export_model(small, kind, tmp_path, open_engine("auto"))
    assert "#define MODEL_TEMPERATURE 1.25f" in (tmp_path / "model.h").read_text()
    assert "(logits(pixels) / 1.25).softmax(1)" in (tmp_path / "torch" / "README.md").read_text()
    assert json.loads((tmp_path / "huggingface" / "config.json").read_text())["temperature"] == 1.25
    assert "temperature 1.25" in (tmp_path / "huggingface" / "README.md").read_text()
    assert '"temperature": 1.25' in (tmp_path / "model.html").read_text()


@pytest.mark.parametrize("kind", [*FLOATS, "c-int8"])
def test_images_of_other_units_keep_their_answers(
    kind: str, make: Callable[..., Wanted], tmp_path: Path
) -> None:
    wanted = make("conv4 pool dense", (8, 8, 1), 0.0, 16.0)
    train, validation = (
        LabelledImages.from_arrays(part.images // 15, part.labels, part.classes)
        for part in (wanted.images.train, wanted.images.validation)
    )
    wanted = replace(wanted, images=replace(wanted.images, train=train, validation=validation))
    found = export_model(wanted, kind, tmp_path, open_engine("auto"), force=True)
    assert found.parity.changed_labels <= (0 if kind in FLOATS else 9)


def test_onnx_in_integers_is_smaller_and_near(make: Callable[..., Wanted], tmp_path: Path) -> None:
    wanted = make("conv16 pool conv32 pool dense", (28, 28, 1))
    found = export_model(wanted, "onnx-int8", tmp_path, open_engine("auto"), force=True)
    assert found.size < 0.41 * len(onnx_graph(wanted.model).SerializeToString())
    kinds = {node.op_type for node in onnx.load(tmp_path / "model.int8.onnx").graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert json.loads((tmp_path / "model.int8.onnx.json").read_text())["kind"] == "onnx-int8"


@pytest.mark.parametrize("kind", ["onnx", "onnx-int8", "huggingface"])
def test_an_onnx_file_asks_for_no_more_than_it_uses(small: Wanted, kind: str, tmp_path: Path) -> None:
    """ONNX Runtime 1.16 knows ONNX's own operators up to opset 19, and files up to version 9."""
    export_model(small, kind, tmp_path, open_engine("auto"), force=True)
    (path,) = tmp_path.rglob("*.onnx")
    made = onnx.load(path)
    assert {node.domain for node in made.graph.node} == {""}
    assert [(each.domain, each.version) for each in made.opset_import] == [("", 17)]
    assert made.ir_version == 8


def test_what_costs_accuracy_is_refused_unless_forced(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = engine_logits(small, small.images.validation.images)
    truth = replace(small.images.validation, labels=expected.argmax(axis=1))  # the engine is never wrong
    wanted = replace(small, images=replace(small.images, validation=truth))
    made = KINDS["c-int8"](wanted)
    turned = replace(made, answer=lambda images: -made.answer(images))
    monkeypatch.setitem(KINDS, "c-int8", lambda _: turned)
    with pytest.raises(ExportError, match="a loss of at most 1 point is not shown"):
        export_model(wanted, "c-int8", tmp_path, open_engine("auto"))
    assert list(tmp_path.iterdir()) == []
    assert export_model(wanted, "c-int8", tmp_path, open_engine("auto"), force=True).accuracy < 0.9


def test_few_images_show_no_small_loss_and_many_do(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = KINDS["c-int8"](small)
    same = replace(made, answer=lambda images: engine_logits(small, images))
    monkeypatch.setitem(KINDS, "c-int8", lambda _: same)
    with pytest.raises(ExportError, match=r"on 30 validation images .* not shown"):
        export_model(small, "c-int8", tmp_path, open_engine("auto"))
    shape = small.model.network.input_shape
    random = np.random.default_rng(1)
    many = LabelledImages.from_arrays(
        random.integers(0, 256, (400, *shape)).astype(np.uint8), np.arange(400) % 3, small.model.classes
    )
    enough = replace(small, images=replace(small.images, validation=many))
    found = export_model(enough, "c-int8", tmp_path, open_engine("auto"))
    assert found.loss_at_most is not None
    assert 0 < found.loss_at_most < 0.01
    record = json.loads((tmp_path / found.files[-1]).read_text())
    assert record["loss_of_accuracy_at_most"] == found.loss_at_most


@pytest.mark.parametrize("kind", ["c-int8", "onnx"])
def test_no_gate_passes_on_nan(
    kind: str, small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = KINDS[kind](small)
    monkeypatch.setitem(KINDS, kind, lambda _: replace(made, answer=lambda i: made.answer(i) * np.nan))
    with pytest.raises(ExportError):
        export_model(small, kind, tmp_path, open_engine("auto"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("option", "given"), [("golden", 3), ("name", "tiny")])
def test_an_option_of_another_kind_is_refused(small: Wanted, tmp_path: Path, option: str, given: Any) -> None:
    with pytest.raises(SettingError, match=f"--{option} is for c and c-int8; onnx has no use for it"):
        export_model(replace(small, **{option: given}), "onnx", tmp_path, open_engine("auto"))


def test_without_validation_images_integers_are_not_shown_to_be_good(small: Wanted, tmp_path: Path) -> None:
    none = small.images.validation.take(np.arange(0))
    wanted = replace(small, images=replace(small.images, validation=none))
    with pytest.raises(ExportError, match="its loss of accuracy cannot be measured"):
        export_model(wanted, "c-int8", tmp_path, open_engine("auto"))
    forced = replace(wanted, golden=6)
    found = export_model(forced, "c-int8", tmp_path, open_engine("auto"), force=True)
    assert "#define MODEL_INT8_GOLDEN 6" in (tmp_path / "model_int8_golden.h").read_text()
    assert found.loss_at_most is not None
    assert np.isnan(found.loss_at_most)
    assert json.loads((tmp_path / found.files[-1]).read_text())["validation_accuracy"] is None


def with_folds(wanted: Wanted, folds: int, images: int, *, right: bool = True) -> Wanted:
    """`wanted` without validation images, but with fold models that are never wrong, or always."""
    shape, classes = wanted.model.network.input_shape, wanted.model.classes
    random = np.random.default_rng(2)

    def fold_models() -> list[FoldModel]:
        found = []
        for _ in range(folds):
            made = LabelledImages.from_arrays(
                random.integers(0, 256, (images, *shape)).astype(np.uint8), np.arange(images) % 3, classes
            )
            labels = (engine_logits(wanted, made.images).argmax(axis=1) + (not right)) % 3
            found.append(FoldModel(wanted.model, wanted.images.train, replace(made, labels=labels)))
        return found

    none = wanted.images.validation.take(np.arange(0))
    return replace(wanted, images=replace(wanted.images, validation=none, fold_models=fold_models))


def test_without_validation_images_integers_are_judged_by_the_fold_models(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = KINDS["c-int8"](small)
    asked: list[Wanted] = []

    def same(wanted: Wanted) -> Made:
        asked.append(wanted)
        return replace(made, answer=lambda images: engine_logits(small, images))

    monkeypatch.setitem(KINDS, "c-int8", same)
    with pytest.raises(ExportError, match="on 40 images that 2 fits of its setting held out"):
        export_model(with_folds(small, 2, 20), "c-int8", tmp_path, open_engine("auto"))
    asked.clear()
    found = export_model(with_folds(small, 3, 100), "c-int8", tmp_path, open_engine("auto"))
    assert (found.validation, found.fold_models, found.accuracy, found.engine_accuracy) == (300, 3, 1.0, 1.0)
    assert found.loss_at_most is not None
    assert 0 < found.loss_at_most <= 0.01
    assert [len(each.images.train) for each in asked] == [60] * 4  # by the same rule, on what each trained on
    record = json.loads((tmp_path / found.files[-1]).read_text())
    assert (record["fold_models"], record["validation_images"]) == (3, 300)


@pytest.mark.parametrize("turn", [-1.0, np.nan])
def test_fold_models_that_lose_accuracy_or_answer_nan_show_nothing(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn: float
) -> None:
    made, times = KINDS["c-int8"](small), iter([1.0, 1.0, turn])  # the model, one fold model, the other

    def turned(_: Wanted) -> Made:
        factor = next(times)
        return replace(made, answer=lambda images: engine_logits(small, images) * factor)

    monkeypatch.setitem(KINDS, "c-int8", turned)
    # where the engine is always wrong, NaN, whose first class counts, is right at times
    with pytest.raises(ExportError, match="not shown"):
        export_model(with_folds(small, 2, 400, right=turn < 0), "c-int8", tmp_path, open_engine("auto"))
    assert list(tmp_path.iterdir()) == []


def test_floats_that_answer_otherwise_are_not_written(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = KINDS["onnx"](small)
    monkeypatch.setitem(KINDS, "onnx", lambda _: replace(made, answer=lambda i: made.answer(i) + 1e-3))
    with pytest.raises(ExportError, match=r"differ from the engine's by up to 0\.001"):
        export_model(small, "onnx", tmp_path, open_engine("auto"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["c", "c-int8"])
def test_the_golden_vectors_are_of_every_class(small: Wanted, kind: str) -> None:
    files = KINDS[kind](replace(small, golden=len(small.model.classes), name="tiny")).files
    header = files["tiny_golden.h"].decode()
    validation, classes = small.images.validation, len(small.model.classes)
    written = re.findall(r"^    \{\n([^}]*?)\n    \}", header, re.MULTILINE)[:classes]
    images = [
        np.array(rows.replace(",", " ").split(), np.uint8).reshape(validation.shape) for rows in written
    ]
    found = {
        int(label)
        for image in images
        for label in validation.labels[(validation.images == image).all(axis=(1, 2, 3))]
    }
    assert found == set(range(classes))


@pytest.mark.parametrize("number", [700, 1_900, 2_001])
def test_the_calibration_reaches_from_the_first_class_to_the_last(
    small: Wanted, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    labels = np.sort(np.arange(number) % 3)
    images = np.broadcast_to(labels[:, None, None, None], (number, *small.images.train.shape))
    train = LabelledImages.from_arrays(images.astype(np.uint8), labels, small.model.classes)
    asked: list[np.ndarray] = []

    def watched(model: Model, these: np.ndarray, *others: np.ndarray) -> Quantized:
        asked.append(these)
        return quantize_best(model, these, *others)

    monkeypatch.setattr(kinds, "quantize_best", watched)
    KINDS["c-int8"](replace(small, images=replace(small.images, train=train)))
    counts = np.bincount(asked[0][:, 0, 0, 0], minlength=3)
    assert len(asked[0]) == min(number, 1_000)
    assert counts.max() - counts.min() <= 2


def test_the_readme_s_pytorch_is_the_network(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_model(wanted, "torch", tmp_path, open_engine("auto"))
    readme = (tmp_path / "torch" / "README.md").read_text()
    (source,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    monkeypatch.chdir(tmp_path / "torch")
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - what the README tells its reader to run
    images = wanted.images.train.images
    found = names["logits"](torch.from_numpy(images.transpose(0, 3, 1, 2).copy()))
    assert np.allclose(found.numpy(), engine_logits(wanted, images), atol=1e-4)


def test_a_model_card_has_a_head_and_the_study_s_figures(small: Wanted, tmp_path: Path) -> None:
    made = made_up_results(parameters=1, model="")
    made["test"] |= {"accuracy": 0.8123, "loss": None}
    made["search"]["cells"][0] |= {"mean_val_accuracy": 0.8765, "std_val_accuracy": 0.0123}
    results = decode(Results, made)
    export_model(replace(small, results=results), "huggingface", tmp_path, open_engine("auto"))
    card = (tmp_path / "huggingface" / "README.md").read_text()
    assert card.startswith("---\n")
    assert card.index("\n---\n") > card.index("value: 0.8123")
    for words in (
        "0.8765 ± 0.0123",
        "(learning rate 0.001, batch size 32)",
        "## Limits",
        "made up",
        "12,000 validated on",
    ):
        assert words in card
    config = json.loads((tmp_path / "huggingface" / "config.json").read_text())
    assert list(config["label2id"]) == list(small.model.classes)


def test_the_page_is_small_and_asks_for_nothing(make: Callable[..., Wanted], tmp_path: Path) -> None:
    export_model(make("conv16 pool conv32 pool dense", (28, 28, 1)), "html", tmp_path, open_engine("auto"))
    page = (tmp_path / "model.html").read_text()
    assert len(page) < 200_000
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|src=|@import", page)


def test_a_kind_that_there_is_not_is_named(small: Wanted, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--to must be one of onnx, "):
        export_model(small, "tflite", tmp_path, open_engine("auto"))
