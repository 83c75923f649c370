"""What the native engine and its core refuse, instead of crashing on it; a refusal leaves them as they were.

A new refusal is a line in one of its tables.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gossamer.engine import TrainingState, _native, open_engine
from gossamer.errors import EngineError
from gossamer.network import Architecture, Scaling, Shape, initial_weights
from gossamer.seeds import derive_seed
from tests.constant_rate import trainer_at

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
        lambda: trainer_at(
            native,
            network,
            Scaling(),
            *data,
            TrainingState.start(network, weights),
            learning_rate=0.1,
            batch_size=1,
        ),
        lambda: native.logits(network, weights, Scaling(), data[0]),
    ):
        with pytest.raises(EngineError) as caught:
            run()
        line = f"the native engine cannot run {reason} has more than 16,777,216 values; use --engine torch"
        assert str(caught.value) == line


Node = tuple[str, list[int], int, int, int, bool]


def node(
    op: str, *inputs: int, channels: int = 0, kernel: int = 0, stride: int = 1, bias: bool = True
) -> Node:
    return op, list(inputs), channels, kernel, stride, bias


CONVOLUTION = node("convolution", 0, channels=4, kernel=3)
NORMED = [CONVOLUTION, node("norm", 1), node("dense", 2, channels=3)]


def arguments(changes: dict[str, Any]) -> dict[str, Any]:
    """What the core is given for the network "conv4 pool dense" on ten images, with some of it changed."""
    return {
        "kernels": _native.runnable()[0],
        "nodes": [
            CONVOLUTION,
            node("relu", 1),
            node("max-pool", 2),
            node("dense", 3, channels=3),
        ],
        "images": np.random.default_rng(0).integers(0, 256, (10, 8, 8, 1)).astype(np.uint8),
        "labels": np.arange(10) % 3,
        "pixel_range": (0.0, 255.0),
        "threads": 1,
    } | changes


ADAM = ("adam", 0.0, 0.0, 0.0, 1.0, 0.0)


def core(*, image_weights: Any = None, learning: tuple[Any, ...] = ADAM, **changes: Any) -> "_native.Trainer":
    """A trainer of the core's own."""
    given: Any = arguments(changes)
    return _native.Trainer(image_weights=image_weights, learning=learning, **given)


def train(trainer: "_native.Trainer", rows: Any, sizes: list[Any], **more: Any) -> tuple[int, int, float]:
    """An epoch at a constant rate, unless `more` says otherwise."""
    return trainer.train_epoch(rows, sizes, **({"rates": np.full(len(sizes), 0.001)} | more))


def evaluator(**changes: Any) -> "_native.Evaluator":
    """An evaluator of the core's own."""
    return _native.Evaluator(**arguments(changes))


WRONG: dict[str, dict[str, Any]] = {
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
    "no dense layer at the end": {"nodes": [CONVOLUTION, node("max-pool", 1)]},
    "a dense layer within": {
        "nodes": [node("dense", 0, channels=3), node("relu", 1), node("dense", 2, channels=3)]
    },
    "an unknown op": {"nodes": [node("sigmoid", 0), node("dense", 1, channels=3)]},
    "an even kernel": {"nodes": [node("convolution", 0, channels=4, kernel=2), node("dense", 1, channels=3)]},
    "a kernel of nothing": {"nodes": [node("depthwise", 0), node("dense", 1, channels=3)]},
    "a kernel that is too large": {"nodes": [node("depthwise", 0, kernel=9), node("dense", 1, channels=3)]},
    "a stride of nothing": {
        "nodes": [node("depthwise", 0, kernel=3, stride=0), node("dense", 1, channels=3)]
    },
    "a stride backwards": {
        "nodes": [node("convolution", 0, channels=4, kernel=3, stride=-1), node("dense", 1, channels=3)]
    },
    "no channels": {"nodes": [node("convolution", 0, kernel=3), node("dense", 1, channels=3)]},
    "no classes": {"nodes": [node("dense", 0)]},
    "more pools than pixels": {
        "nodes": [*(node("max-pool", i) for i in range(4)), node("dense", 4, channels=3)],
    },
    "no input": {"nodes": [node("dense", channels=3)]},
    "two inputs for one": {"nodes": [node("dense", 0, 0, channels=3)]},
    "an input before the first": {"nodes": [node("dense", -1, channels=3)]},
    "an input of its own": {"nodes": [node("relu", 1), node("dense", 1, channels=3)]},
    "a value that nobody reads": {"nodes": [CONVOLUTION, node("dense", 0, channels=3)]},
    "a sum of two shapes": {"nodes": [CONVOLUTION, node("add", 0, 1), node("dense", 2, channels=3)]},
}


@pytest.mark.parametrize("case", WRONG)
def test_the_core_refuses_what_can_be_neither_trained_nor_scored(case: str) -> None:
    for make in (core, evaluator):
        with pytest.raises((ValueError, TypeError)):
            make(**WRONG[case])


LEARNING: dict[str, tuple[Any, ...]] = {
    "an unknown optimizer": ("lion", 0.0, 0.0, 0.0, 1.0, 0.0),
    "no optimizer": (None, 0.0, 0.0, 0.0, 1.0, 0.0),
    "Adam with decay": ("adam", 0.1, 0.0, 0.0, 1.0, 0.0),
    "growth": ("adamw", -0.1, 0.0, 0.0, 1.0, 0.0),
    "a decay that is NaN": ("sgd", np.nan, 0.0, 0.0, 1.0, 0.0),
    "labels smoothed below nothing": ("adam", 0.0, -0.1, 0.0, 1.0, 0.0),
    "labels smoothed away": ("adam", 0.0, 1.0, 0.0, 1.0, 0.0),
    "an average that grows": ("adam", 0.0, 0.0, -0.1, 1.0, 0.0),
    "an average that never moves": ("adam", 0.0, 0.0, 1.0, 1.0, 0.0),
    "an average that is NaN": ("adam", 0.0, 0.0, np.nan, 1.0, 0.0),
    "no temperature": ("adam", 0.0, 0.0, 0.0, 0.0, 0.0),
    "a temperature that is NaN": ("adam", 0.0, 0.0, 0.0, np.nan, 0.0),
    "labels that count more than all": ("adam", 0.0, 0.0, 0.0, 1.0, 1.1),
    "labels that count less than nothing": ("adam", 0.0, 0.0, 0.0, 1.0, -0.1),
    "a number too few": ("adam", 0.0, 0.0, 0.0, 1.0),
}


@pytest.mark.parametrize("case", LEARNING)
def test_the_core_refuses_what_nothing_learns_by(case: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        core(learning=LEARNING[case])


WEIGHTS_OF_IMAGES: dict[str, Any] = {
    "too few": np.ones(9, np.float32),
    "too many": np.ones(11, np.float32),
    "none": np.ones(0, np.float32),
    "doubles": np.ones(10),
    "a table": np.ones((10, 1), np.float32),
    "gaps": np.ones(20, np.float32)[::2],
}


@pytest.mark.parametrize("case", WEIGHTS_OF_IMAGES)
def test_the_core_refuses_weights_of_other_images(case: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        core(image_weights=WEIGHTS_OF_IMAGES[case])


def test_norms_are_trained_and_never_run() -> None:
    assert train(core(nodes=NORMED), np.arange(10), [4, 6])[0] == 10
    for make in (evaluator, runner):
        with pytest.raises(ValueError, match="norms must be folded"):
            make(nodes=NORMED)


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


WEIGHTS = [np.ones(size, np.float32) for size in (4 * 9, 4, 3 * 4 * 16, 3)]


def state_of(trainer: "_native.Trainer") -> list[bytes]:
    found = [[np.zeros_like(array) for array in WEIGHTS] for _ in range(3)]
    step = trainer.get_state([found[0], [], found[1], found[2]])
    return [step.to_bytes(8), *(array.tobytes() for group in found for array in group)]


@pytest.mark.parametrize("case", ROWS)
def test_the_core_refuses_wrong_rows_and_stays_as_it_was(case: str) -> None:
    rows, trainer, scorer = ROWS[case], core(), evaluator()
    before, score = state_of(trainer), scorer.evaluate(WEIGHTS, np.arange(10), np.zeros((3, 3), np.int64))
    calls: list[Callable[[], object]] = [
        lambda: train(trainer, rows, [len(rows)]),
        lambda: scorer.evaluate(WEIGHTS, rows, np.zeros((3, 3), np.int64)),
        lambda: scorer.evaluate(WEIGHTS, np.arange(10), np.zeros((3, 2), np.int64)),
        lambda: scorer.evaluate(WEIGHTS, np.arange(10), np.zeros((3, 3), np.int32)),
        lambda: scorer.evaluate(WEIGHTS[:3], np.arange(10), np.zeros((3, 3), np.int64)),
    ]
    for call in calls:
        with pytest.raises((ValueError, IndexError, TypeError)):
            call()
    assert state_of(trainer) == before
    assert scorer.evaluate(WEIGHTS, np.arange(10), np.zeros((3, 3), np.int64)) == score


@pytest.mark.parametrize("sizes", [[], [9], [11], [4, 4], [10, 0], [0, 10], [-1, 11], [4.0, 6.0]])
def test_the_core_refuses_batches_that_are_not_all_of_the_rows(sizes: list[Any]) -> None:
    trainer = core()
    before = state_of(trainer)
    with pytest.raises((ValueError, TypeError)):
        train(trainer, np.arange(10), sizes)
    assert state_of(trainer) == before


BATCHES: dict[str, dict[str, Any]] = {
    "too few rates": {"rates": np.ones(2)},
    "too many rates": {"rates": np.ones(4)},
    "no rates": {"rates": None},
    "rates in single precision": {"rates": np.ones(3, np.float32)},
    "rates with gaps": {"rates": np.ones(6)[::2]},
    "too few views": {"views": np.zeros((9, 11), np.int32)},
    "too many views": {"views": np.zeros((11, 11), np.int32)},
    "views of another size": {"views": np.zeros((10, 12), np.int32)},
    "views in one row": {"views": np.zeros(110, np.int32)},
    "views of another type": {"views": np.zeros((10, 11), np.int64)},
    "views in another order": {"views": np.zeros((11, 10), np.int32).T},
    "too few probabilities": {"teacher": np.ones((9, 3), np.float32)},
    "too many probabilities": {"teacher": np.ones((11, 3), np.float32)},
    "probabilities of other classes": {"teacher": np.ones((10, 4), np.float32)},
    "probabilities in one row": {"teacher": np.ones(30, np.float32)},
    "probabilities in double precision": {"teacher": np.ones((10, 3))},
    "probabilities in another order": {"teacher": np.ones((3, 10), np.float32).T},
}


@pytest.mark.parametrize("case", BATCHES)
def test_the_core_refuses_what_does_not_fit_its_batches_and_stays_as_it_was(case: str) -> None:
    trainer = core()
    before = state_of(trainer)
    with pytest.raises((ValueError, TypeError)):
        train(trainer, np.arange(10), [4, 4, 2], **BATCHES[case])
    assert state_of(trainer) == before


@pytest.mark.parametrize("nodes", [arguments({})["nodes"], NORMED])
def test_any_numbers_train(nodes: list[Node]) -> None:
    """Views of any integers, and whatever floats can be: no number leads out of an array."""
    random = np.random.default_rng(0)
    weights = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0, -1, 1, 1e30], np.float32)
    trainer = core(
        nodes=nodes, image_weights=weights, learning=("sgd", 1e300, 0.1, 0.9, 1e-300, 0.5), threads=2
    )
    for rate in (np.nan, np.inf, -1.0, 1e300):
        images, correct, loss = train(
            trainer,
            np.arange(10),
            [7, 3],
            rates=np.full(2, rate),
            views=random.integers(-(2**31), 2**31, (10, 11)).astype(np.int32),
            teacher=random.permutation(np.resize(weights, 30)).reshape(10, 3),
        )
        assert images == 10
        assert 0 <= correct <= 10
        assert np.isnan(loss)


def runner(**changes: Any) -> "_native.Runner":
    """A runner of the core's own for the network "dense" on images of 4x4x1."""
    given: dict[str, Any] = {
        "kernels": _native.runnable()[0],
        "nodes": [node("dense", 0, channels=3)],
        "shape": (4, 4, 1),
        "pixel_range": (0.0, 255.0),
        "weights": [np.ones(48, np.float32), np.ones(3, np.float32)],
        "threads": 1,
    }
    return _native.Runner(**(given | changes))


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
    right, trainer = WEIGHTS, core()
    trainer.set_state([right, [], right, right], 5)
    before = state_of(trainer)
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
                trainer.set_state([a, [], b, c], 7)
            with pytest.raises((ValueError, TypeError)):
                trainer.get_state([a, [], b, c])
    with pytest.raises((ValueError, TypeError)):
        trainer.set_state([right, [], right, right], -1)
    for groups in (
        [right, right[:1], right, right],
        [right, [], right],
        [right, [], right, right, right],
        [],
    ):
        with pytest.raises((ValueError, TypeError)):
            trainer.set_state(groups, 7)
        with pytest.raises((ValueError, TypeError)):
            trainer.get_state(groups)
    assert state_of(trainer) == before


def test_the_core_refuses_wrong_statistics_and_stays_as_it_was() -> None:
    trainer = core(nodes=NORMED)
    weights = [np.ones(size, np.float32) for size in (4 * 9, 4, 4, 4, 3 * 4 * 64, 3)]
    right = [np.full(4, 2, np.float32), np.full(4, 3, np.float32)]
    trainer.set_state([weights, right, weights, weights], 5)
    other = [2 * array for array in weights]
    wrongs: list[list[Any]] = [[], right[:1], [*right, right[0]], [right[0][:3], right[1]], weights]
    for wrong in wrongs:
        with pytest.raises((ValueError, TypeError)):
            trainer.set_state([other, wrong, other, other], 7)
        with pytest.raises((ValueError, TypeError)):
            trainer.get_state([other, wrong, other, other])
    found = [np.zeros_like(array) for array in weights]
    statistics = [np.zeros(4, np.float32), np.zeros(4, np.float32)]
    assert trainer.get_state([found, statistics, other, other]) == 5
    assert all((array == 1).all() for array in found)
    assert [array.tolist() for array in statistics] == [array.tolist() for array in right]


def test_a_batch_that_no_memory_holds_is_refused_under_batch_norm() -> None:
    shape = (96, 96, 1)
    network = Architecture.parse("bn conv64 gap dense", shape, 2)
    state = TrainingState.start(network, initial_weights(network, derive_seed("refused")))
    data = np.zeros((1, *shape), np.uint8), np.zeros(1, np.int64)
    trainer = trainer_at(
        open_engine("native"), network, Scaling(), *data, state, learning_rate=0.1, batch_size=10_000_000
    )
    with pytest.raises(EngineError, match=r"batches of 10,000,000 images need .* use a smaller batch_size"):
        trainer.train_epoch(np.zeros(10_000_000, np.int64))
    assert trainer.state().step == 0
