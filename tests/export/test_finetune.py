"""Fine-tuning brings integers nearer to the floats, the same way each time."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from gossamer.data import LabelledImages
from gossamer.engine import open_engine
from gossamer.errors import ExportError, SettingError
from gossamer.export import KINDS, Wanted, export_model
from gossamer.export.finetune import finetuned
from gossamer.export.quantized import LOGIT_BITS, QuantizedNetwork, quantize_best, quantize_over
from gossamer.network import Model
from gossamer.network.reference import logits_of

NETWORKS = ("bn conv8 sep12s2 pool inv12 dense", "hswish conv6 (conv6 conv6 |) avg gap dense")


def error(model: Model, network: QuantizedNetwork, images: NDArray[np.uint8]) -> float:
    """How far the probabilities are apart, in the mean square."""
    found = softmax(network.logits(images) * 2.0**-LOGIT_BITS, axis=1)
    return float(np.square(found - softmax(logits_of(model, images), axis=1)).mean())


@pytest.mark.parametrize("words", NETWORKS)
def test_integers_come_nearer_to_the_floats(make: Callable[..., Wanted], words: str) -> None:
    model = make(words, (12, 12, 1)).model
    images = np.random.default_rng(3).integers(0, 256, (1_500, 12, 12, 1)).astype(np.uint8)
    train, other = images[:1_000], images[1_000:]
    # ranges that clip much, so that there is something to make good
    wide = quantize_best(model, train, other, logits_of(model, other)).ranges
    ranges = {name: (0.6 * low, 0.6 * high) for name, (low, high) in wide.items()}
    plain = quantize_over(model, ranges)
    tuned = finetuned(model, plain, train, epochs=8)
    assert tuned.hash == finetuned(model, plain, train, epochs=8).hash != model.folded.hash
    better = error(model, quantize_over(tuned, ranges), other)
    assert better < 0.7 * error(model, plain, other)


@pytest.mark.parametrize("kind", ["c-int8", "onnx-int8"])
def test_an_export_says_that_it_is_fine_tuned(small: Wanted, kind: str, tmp_path: Path) -> None:
    found = export_model(replace(small, finetune=2), kind, tmp_path, open_engine("auto"), force=True)
    assert found.facts["finetune"] == 2
    said = {"c-int8": "model_int8.h", "onnx-int8": "model.int8.onnx"}
    words = {"c-int8": b"fine-tuned to its rounding for 2 epochs", "onnx-int8": b"finetune"}
    assert words[kind] in (tmp_path / said[kind]).read_bytes()
    plain = KINDS[kind](small)
    images = small.images.train.images
    assert not np.array_equal(plain.answer(images), KINDS[kind](replace(small, finetune=2)).answer(images))
    assert plain.facts["finetune"] == 0


def test_validation_images_are_not_trained_on(small: Wanted) -> None:
    random = np.random.default_rng(4)
    other = LabelledImages.from_arrays(
        random.integers(0, 256, small.images.validation.images.shape).astype(np.uint8),
        small.images.validation.labels,
        small.model.classes,
    )
    tuned = replace(small, finetune=1)
    images = small.images.train.images
    with_other = replace(tuned, images=replace(tuned.images, validation=other))
    assert KINDS["c-int8"](tuned).facts["ranges"] == KINDS["c-int8"](with_other).facts["ranges"]
    assert np.array_equal(KINDS["c-int8"](tuned).answer(images), KINDS["c-int8"](with_other).answer(images))


def test_floats_are_not_fine_tuned(small: Wanted, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--finetune is for onnx-int8 and c-int8; onnx computes in floats"):
        export_model(replace(small, finetune=1), "onnx", tmp_path, open_engine("auto"))


def test_without_pytorch_it_is_refused_in_one_line(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gossamer.export.finetune", None)
    with pytest.raises(ExportError, match=r"takes PyTorch: pip install 'gossamer\[torch\]'"):
        export_model(replace(small, finetune=1), "c-int8", tmp_path, open_engine("auto"))
    assert list(tmp_path.iterdir()) == []
