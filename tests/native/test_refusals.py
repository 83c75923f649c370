"""What the native engine and its core refuse, instead of crashing on it; a refusal leaves them as they were.

A new refusal is a line in `REFUSED`, `NO_TRAINER` or `ROWS`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gossamer.engine import TrainingState, _native, open_engine
from gossamer.errors import EngineError
from gossamer.network import Architecture, Scaling, Shape, initial_weights
from gossamer.seeds import derive_seed

REFUSED: dict[str, tuple[str, Shape, int, str]] = {
    "a convolution": ("conv4096 gap dense", (64, 65, 1), 2, "word 1, 'conv4096': its output of 64x65x4096"),
    "a later one": (
        "pool conv4096 gap dense",
        (129, 130, 1),
        2,
        "word 2, 'conv4096': its output of 64x65x4096",
    ),
    "a pool": ("pool gap dense", (2, 2**13, 2**12 + 1), 2, "word 1, 'pool': its output of 1x4096x4097"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_it_cannot_run_is_refused_in_one_line(case: str) -> None:
    native = open_engine("native")
    words, shape, classes, reason = REFUSED[case]
    network = Architecture.parse(words, shape, classes)
    weights = initial_weights(network, derive_seed("refused"))
    data = np.zeros((1, *shape), np.uint8), np.zeros(1, np.int64)
    for run in (
        lambda: native.check(network),
        lambda: native.trainer(
            network, Scaling(), *data, TrainingState.start(network, weights), learning_rate=0.1, batch_size=1
        ),
        lambda: native.logits(network, weights, Scaling(), data[0]),
    ):
        with pytest.raises(EngineError) as caught:
            run()
        line = f"the native engine cannot run {reason} has more than 16,777,216 values; use --engine torch"
        assert str(caught.value) == line


CONVOLUTION = ("convolution", [0], 4, 3)


def core(**changes: Any) -> "_native.Trainer":
    """A trainer of the core's own for the network "conv4 pool dense"."""
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1)).astype(np.uint8)
    arguments: dict[str, Any] = {
        "kernels": _native.runnable()[0],
        "nodes": [
            ("convolution", [0], 4, 3),
            ("relu", [1], 0, 0),
            ("max-pool", [2], 0, 0),
            ("dense", [3], 3, 0),
        ],
        "images": images,
        "labels": np.arange(10) % 3,
        "pixel_range": (0.0, 255.0),
        "learning_rate": 0.001,
        "batch_size": 4,
        "threads": 1,
    }
    return _native.Trainer(**(arguments | changes))


NO_TRAINER: dict[str, dict[str, Any]] = {
    "unknown kernels": {"kernels": "mmx"},
    "a label below the classes": {"labels": np.full(10, -1)},
    "a label above the classes": {"labels": np.full(10, 3)},
    "too few labels": {"labels": np.zeros(9, np.int64)},
    "too many labels": {"labels": np.zeros(11, np.int64)},
    "labels of another type": {"labels": np.zeros(10, np.int32)},
    "labels of another shape": {"labels": np.zeros((10, 1), np.int64)},
    "floats for pixels": {"images": np.zeros((10, 8, 8, 1), np.float32)},
    "images without channels": {"images": np.zeros((10, 8, 8), np.uint8)},
    "images in another order": {"images": np.asfortranarray(np.zeros((10, 8, 8, 2), np.uint8))},
    "images without pixels": {"images": np.zeros((10, 0, 8, 1), np.uint8)},
    "no nodes": {"nodes": []},
    "no dense layer at the end": {"nodes": [CONVOLUTION, ("max-pool", [1], 0, 0)]},
    "a dense layer within": {"nodes": [("dense", [0], 3, 0), ("relu", [1], 0, 0), ("dense", [2], 3, 0)]},
    "an unknown op": {"nodes": [("norm", [0], 0, 0), ("dense", [1], 3, 0)]},
    "an even kernel": {"nodes": [("convolution", [0], 4, 2), ("dense", [1], 3, 0)]},
    "no channels": {"nodes": [("convolution", [0], 0, 3), ("dense", [1], 3, 0)]},
    "no classes": {"nodes": [("dense", [0], 0, 0)]},
    "more pools than pixels": {
        "nodes": [*(("max-pool", [i], 0, 0) for i in range(4)), ("dense", [4], 3, 0)],
    },
    "no input": {"nodes": [("dense", [], 3, 0)]},
    "two inputs for one": {"nodes": [("dense", [0, 0], 3, 0)]},
    "an input before the first": {"nodes": [("dense", [-1], 3, 0)]},
    "an input of its own": {"nodes": [("relu", [1], 0, 0), ("dense", [1], 3, 0)]},
    "a value that nobody reads": {"nodes": [CONVOLUTION, ("dense", [0], 3, 0)]},
    "a sum of two shapes": {"nodes": [CONVOLUTION, ("add", [0, 1], 0, 0), ("dense", [2], 3, 0)]},
    "empty batches": {"batch_size": 0},
    "batches of less than nothing": {"batch_size": -1},
}


@pytest.mark.parametrize("case", NO_TRAINER)
def test_the_core_refuses_what_is_no_training(case: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        core(**NO_TRAINER[case])


ROWS: dict[str, Any] = {
    "none": np.zeros(0, np.int64),
    "one before the first": np.array([0, -1]),
    "one after the last": np.array([0, 10]),
    "one far away": np.array([2**62]),
    "another type": np.array([0, 1], np.int32),
    "floats": np.array([0.0]),
    "a table": np.zeros((2, 2), np.int64),
    "every other": np.arange(10)[::2],
}


@pytest.mark.parametrize("case", ROWS)
def test_the_core_refuses_wrong_rows_and_stays_as_it_was(case: str) -> None:
    rows, trainer = ROWS[case], core()
    before = trainer.evaluate(np.arange(10), np.zeros((3, 3), np.int64))
    calls: list[Callable[[], object]] = [
        lambda: trainer.train_epoch(rows),
        lambda: trainer.evaluate(rows, np.zeros((3, 3), np.int64)),
        lambda: trainer.evaluate(np.arange(10), np.zeros((3, 2), np.int64)),
        lambda: trainer.evaluate(np.arange(10), np.zeros((3, 3), np.int32)),
    ]
    for call in calls:
        with pytest.raises((ValueError, IndexError, TypeError)):
            call()
    assert trainer.evaluate(np.arange(10), np.zeros((3, 3), np.int64)) == before


def runner(**changes: Any) -> "_native.Runner":
    """A runner of the core's own for the network "dense" on images of 4x4x1."""
    arguments: dict[str, Any] = {
        "kernels": _native.runnable()[0],
        "nodes": [("dense", [0], 3, 0)],
        "shape": (4, 4, 1),
        "pixel_range": (0.0, 255.0),
        "weights": [np.ones(48, np.float32), np.ones(3, np.float32)],
        "threads": 1,
    }
    return _native.Runner(**(arguments | changes))


NO_RUNNER: dict[str, dict[str, Any]] = {
    "unknown kernels": {"kernels": "mmx"},
    "no weights": {"weights": []},
    "weights of another size": {"weights": [np.ones(47, np.float32), np.ones(3, np.float32)]},
    "doubles": {"weights": [np.ones(48), np.ones(3)]},
    "no channel": {"shape": (4, 4, 0)},
}


@pytest.mark.parametrize("case", NO_RUNNER)
def test_the_core_refuses_what_cannot_run(case: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        runner(**NO_RUNNER[case])


def test_the_core_refuses_wrong_images_and_logits() -> None:
    images, out = np.zeros((10, 4, 4, 1), np.uint8), np.zeros((10, 3), np.float32)
    runner().logits(images, out)
    assert (out == 1).all()
    wrong: Any
    for wrong in (np.zeros((10, 4, 5, 1), np.uint8), images[..., 0], images.astype(np.float32)):
        with pytest.raises((ValueError, TypeError)):
            runner().logits(wrong, out)
    wrongs: list[Any] = [
        np.zeros((9, 3), np.float32),
        np.zeros((10, 4), np.float32),
        np.zeros((10, 3)),  # doubles: a copy would be filled, and lost
        np.zeros((3, 10), np.float32).T,
        np.zeros(30, np.float32),
        np.broadcast_to(np.zeros((1, 3), np.float32), (10, 3)),
    ]
    for unfit in wrongs:
        with pytest.raises((ValueError, TypeError)):
            runner().logits(images, unfit)


def test_the_core_refuses_wrong_weights_and_stays_as_it_was() -> None:
    trainer = core()
    sizes = (4 * 9, 4, 3 * 4 * 16, 3)
    right = [np.ones(size, np.float32) for size in sizes]
    trainer.set_state(right, right, right, 5)
    wrongs: dict[str, list[Any]] = {
        "one too few": right[:3],
        "one too many": [*right, right[0]],
        "none": [],
        "another size": [right[0][:-1], *right[1:]],
        "another order": right[::-1],
        "doubles": [array.astype(np.float64) for array in right],
        "another shape": [right[0].reshape(4, 9), *right[1:]],
        "gaps": [np.ones(2 * 36, np.float32)[::2], *right[1:]],
        "no arrays": [None] * 4,
    }
    for wrong in wrongs.values():
        other = [2 * array for array in right]
        for a, b, c in ((wrong, other, other), (other, wrong, other), (other, other, wrong)):
            with pytest.raises((ValueError, TypeError)):
                trainer.set_state(a, b, c, 7)
            with pytest.raises((ValueError, TypeError)):
                trainer.get_state(a, b, c)
    with pytest.raises((ValueError, TypeError)):
        trainer.set_state(right, right, right, -1)
    found = [[np.zeros(size, np.float32) for size in sizes] for _ in range(3)]
    assert trainer.get_state(*found) == 5
    assert all((array == 1).all() for group in found for array in group)
