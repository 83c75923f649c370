"""The seal: nothing up to the choice, nor the model itself, can depend on a test image."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gossamer
from gossamer.data import LabelledImages, SealedImages
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
)
from gossamer.study.record import encode

SOURCE = Path(gossamer.__file__).parent


def breaches(code: str) -> Iterator[str]:
    """Whatever could reach through the seal: its method and its private field, under any spelling."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Attribute) and (
            "unseal" in node.attr or node.attr.startswith("_SealedImages")
        ):
            yield f"{node.lineno}: .{node.attr}"
        if isinstance(node, ast.Constant) and node.value in ("unseal", "_SealedImages__images"):
            yield f"{node.lineno}: {node.value!r}"


def test_only_evaluation_unseals() -> None:
    modules = sorted(SOURCE.rglob("*.py"))
    found = {
        path.relative_to(SOURCE).parts[0]
        for path in modules
        if any(breaches(path.read_text(encoding="utf-8")))
    }
    assert found == {"evaluation"}


def test_only_lists_for_other_tools_read_the_labels() -> None:
    asking = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "listing"
    }
    assert asking == {"data/dataset.py", "data/split_lists.py"}


def test_sealed_images_show_no_image() -> None:
    images = LabelledImages.from_arrays(
        np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1), np.array([0, 1]), ("a", "b")
    )
    sealed = SealedImages(images)
    shown = [name for name in dir(sealed) if not name.startswith("_")]
    assert sorted(shown) == [
        *("difference_hashes", "digests", "fingerprint", "fitted", "listing", "shape", "unseal"),
    ]
    assert (len(sealed), sealed.shape, sealed.fingerprint) == (2, (2, 2, 1), images.fingerprint)
    assert repr(sealed) == "<sealed: <2 images of 2x2x1, 2 classes>>"


def test_the_content_hashes_reveal_no_label() -> None:
    """Labels order the images; the hashes that the seal shows are the same under any labels."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 6, 6, 1), dtype=np.uint8)
    one, other = (
        LabelledImages.from_arrays(images, random.integers(0, 5, 40), ("a", "b", "c", "d", "e"))
        for _ in range(2)
    )
    assert one.fingerprint != other.fingerprint
    np.testing.assert_array_equal(SealedImages(one).digests, SealedImages(other).digests)
    np.testing.assert_array_equal(SealedImages(one).difference_hashes, SealedImages(other).difference_hashes)
    shown = [digest.tobytes() for digest in SealedImages(one).digests]
    assert shown == sorted(digest.tobytes() for digest in one.digests)
    for array in (SealedImages(one).digests, SealedImages(one).difference_hashes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def noise(sealed: LabelledImages, _: LabelledImages) -> LabelledImages:
    """As many random images with wrong labels."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, sealed.images.shape, dtype=np.uint8)
    return LabelledImages.from_arrays(images, (sealed.labels + 1) % 3, sealed.classes)


def training_images(sealed: LabelledImages, train: LabelledImages) -> LabelledImages:
    """Training images with wrong labels: a leak, were anything but the scorer to look at them."""
    labels = (train.labels[: len(sealed)] + 1) % 3
    return LabelledImages.from_arrays(train.images[: len(sealed)], labels, sealed.classes)


@pytest.mark.parametrize("corrupt", [noise, training_images])
def test_corrupting_every_test_image_changes_only_the_test_figures(
    corrupt: Callable[[LabelledImages, LabelledImages], LabelledImages], idx_folder: Path, tmp_path: Path
) -> None:
    plan = plan_study(
        Study(
            DataSettings(str(idx_folder)),
            NetworkSettings(("conv2 pool dense",)),
            TrainingSettings(learning_rate=(0.1, 0.01), batch_size=(2,), epochs=(2,)),
            search=SearchSettings(folds=2),
            final=FinalSettings(validation=0.25, max_epochs=3),
        )
    )
    wrong = corrupt(plan.dataset.test.unseal(), plan.train)
    corrupted = replace(plan, dataset=replace(plan.dataset, test=SealedImages(wrong)))
    found: list[dict[str, Any]] = [
        encode(run_study(each, StudyFolder(tmp_path / name)))
        for name, each in (("a", plan), ("b", corrupted))
    ]
    differing = {key for key in found[0] if found[0][key] != found[1][key]}
    assert differing == {"data", "test"}
    told = {"test_fingerprint": wrong.fingerprint, "duplicates": asdict(corrupted.duplicates)}
    assert found[0]["data"] | told == found[1]["data"]
    for name in ("model.safetensors", "search.csv", "history.csv", "study.toml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
