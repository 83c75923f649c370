"""One fit: when it stops, what it ends with, and that an interruption leaves no trace."""

from collections.abc import Sequence
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save
from sklearn.datasets import load_digits

from gossamer.data import LabelledImages, Split
from gossamer.engine import Batches, Engine, Runner, Score, Trainer, TrainingState, open_engine
from gossamer.network import Architecture, Scaling
from gossamer.seeds import derive_seed
from gossamer.training import Checkpoint, Fitted, Recipe, best_epoch, fit

NETWORK = Architecture.parse("dense", (1, 1, 1), 2)
SPLIT = Split(np.arange(1, 40), np.array([0]))
IMAGES = LabelledImages.from_arrays(
    np.arange(40, dtype=np.uint8).reshape(-1, 1, 1, 1), np.arange(40) % 2, ("even", "odd")
)


class ScriptedTrainer:
    """Plays a script of validation losses; after epoch k every weight is k."""

    def __init__(self, engine: "ScriptedEngine", state: TrainingState) -> None:
        self._engine, self._epoch = engine, state.step

    def train_epoch(self, batches: Batches) -> Score:
        self._epoch += 1
        self._engine.batches.append(batches)
        return Score(len(batches.order), 0, float(self._epoch))

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        return Score(len(rows), 1, self._engine.script[self._epoch - 1], np.array([[1, 0], [0, 0]]))

    def state(self) -> TrainingState:
        weights = {name: np.full(s, self._epoch, np.float32) for name, s in NETWORK.weight_shapes.items()}
        return TrainingState(weights, {"first_moment": weights, "second_moment": weights}, self._epoch)


class ScriptedEngine:
    """An engine that learns nothing and remembers the batches it was given."""

    name, device, numerics, answers_alone = "scripted", "none", "none", True

    def __init__(self, script: Sequence[float]) -> None:
        self.script = script
        self.batches: list[Batches] = []

    def trainer(self, *arguments: Any, **_: Any) -> Trainer:
        _network, _scaling, _images, _labels, state = arguments
        return ScriptedTrainer(self, state)

    def check(self, network: Architecture) -> None:
        pass

    def runner(self, *_: Any, **__: Any) -> Runner:
        raise NotImplementedError

    def logits(self, *_: Any, **__: Any) -> NDArray[np.float32]:
        raise NotImplementedError


def play(script: Sequence[float], patience: int | None, *, epochs: int | None = None) -> Fitted:
    recipe = Recipe(derive_seed("fit"), 0.1, 8, epochs or len(script), patience)
    return fit(ScriptedEngine(script), NETWORK, Scaling(), IMAGES, SPLIT, recipe)


def ended_with(fitted: Fitted) -> set[float]:
    """Which epoch's weights they are."""
    return {float(value) for array in fitted.weights.values() for value in array.flat}


# losses, patience: how many epochs are trained, which one is kept
SCRIPTS: list[tuple[list[float], int, int, int]] = [
    ([5, 4, 3, 2, 1], 2, 5, 5),
    ([5, 4, 6, 6, 1], 2, 4, 2),
    ([5, 4, 6, 3, 6, 6, 1], 2, 6, 4),
    ([5, 5, 5, 5], 2, 3, 1),  # an equal loss is no lower one, and the first of equals is kept
    ([5, 4, 4, 4, 4], 3, 5, 2),
    ([5, 6, 4], 1, 2, 1),
    ([5, nan, nan, 1], 2, 3, 1),
    ([5, nan, 4, nan, 3], 2, 5, 5),
    ([nan, 3, nan, 2], 2, 4, 4),
    ([nan, nan, nan, nan], 2, 3, 1),
    ([5, inf, inf, 1], 2, 3, 1),
    ([5, 6], 9, 2, 1),
    ([5], 1, 1, 1),
]


@pytest.mark.parametrize(("script", "patience", "trained", "kept"), SCRIPTS)
def test_early_stopping(script: list[float], patience: int, trained: int, kept: int) -> None:
    fitted = play(script, patience)
    assert [epoch.epoch for epoch in fitted.history] == list(range(1, trained + 1))
    assert best_epoch(fitted.history).epoch == kept
    assert ended_with(fitted) == {kept}


LOSSES = st.sampled_from([1.0, 2.0, 3.0, 4.0, nan, inf])


@given(script=st.lists(LOSSES, min_size=1, max_size=12), patience=st.integers(1, 4))
def test_early_stopping_is_a_plain_count(script: list[float], patience: int) -> None:
    """Counted the slow way: epochs since the last strictly lower loss; the first has nothing to beat."""
    lowest, kept, since, trained = inf, 1, 0, 0
    for epoch, loss in enumerate(script, 1):
        trained, since = epoch, since + (epoch > 1)
        if loss < lowest:
            lowest, kept, since = loss, epoch, 0
        if since >= patience:
            break
    fitted = play(script, patience)
    assert (len(fitted.history), best_epoch(fitted.history).epoch, ended_with(fitted)) == (
        trained,
        kept,
        {kept},
    )


@given(script=st.lists(LOSSES, min_size=1, max_size=8))
def test_without_patience_all_epochs_are_trained_and_the_last_one_kept(script: list[float]) -> None:
    fitted = play(script, None)
    assert len(fitted.history) == len(script)
    assert fitted.history[-1].epoch == len(script)
    assert ended_with(fitted) == {len(script)}


def test_a_history_holds_the_scores_as_they_were() -> None:
    fitted = play([0.5, nan, inf], None)
    assert [epoch.train_loss for epoch in fitted.history] == [1, 2, 3]
    assert [epoch.train_accuracy for epoch in fitted.history] == [0, 0, 0]
    assert [epoch.val_accuracy for epoch in fitted.history] == [1, 1, 1]
    assert fitted.history[0].val_loss == 0.5
    assert all(isnan(epoch.val_loss) for epoch in fitted.history[1:])


def test_orders_depend_on_the_seed_and_the_epoch_and_on_nothing_else() -> None:
    def orders(seed: str = "a", rate: float = 0.1, batch: int = 8, epochs: int = 4) -> list[list[int]]:
        engine = ScriptedEngine([1.0] * 9)
        recipe = Recipe(derive_seed(seed), rate, batch, epochs)
        fit(engine, NETWORK, Scaling(), IMAGES, SPLIT, recipe)
        return [batches.order.tolist() for batches in engine.batches]

    usual = orders()
    assert all(sorted(order) == SPLIT.train.tolist() for order in usual)
    assert len({str(order) for order in [*usual, *orders("b")]}) == 8
    assert orders(rate=0.2) == usual
    assert orders(batch=1) == usual
    assert orders(epochs=9)[:4] == usual


# From here on a real engine.


def digits() -> LabelledImages:
    images, labels = load_digits(return_X_y=True)
    pixels = (images[:150] * 15).astype(np.uint8).reshape(-1, 8, 8, 1)
    return LabelledImages.from_arrays(pixels, labels[:150], [str(digit) for digit in range(10)])


def fit_digits(
    engine: Engine, *, resume_from: Checkpoint | None = None, stop_after: int = 99
) -> tuple[Fitted | None, list[Checkpoint]]:
    """Fit the digits, halted by an error after an epoch."""
    checkpoints: list[Checkpoint] = []

    def on_epoch(checkpoint: Checkpoint) -> None:
        checkpoints.append(checkpoint)
        if len(checkpoints) == stop_after:
            raise InterruptedError

    images = digits()
    rows = np.random.default_rng(0).permutation(len(images))
    split = Split(np.sort(rows[:100]), np.sort(rows[100:]))
    # a rate so high that the loss soon rises again, so that the best epoch is not the last
    recipe = Recipe(derive_seed("digits"), 0.3, 16, max_epochs=12, patience=3)
    network = Architecture.parse("conv2 pool dense", images.shape, 10)
    try:
        fitted = fit(
            engine, network, Scaling(), images, split, recipe, resume_from=resume_from, on_epoch=on_epoch
        )
    except InterruptedError:
        return None, checkpoints
    return fitted, checkpoints


def through_a_file(checkpoint: Checkpoint) -> Checkpoint:
    return Checkpoint.from_arrays(load(save(checkpoint.to_arrays())), list(checkpoint.history))


def test_a_fit_halted_after_any_epoch_ends_as_if_it_had_not_been() -> None:
    engine = open_engine("torch", "cpu")
    straight, checkpoints = fit_digits(engine)
    assert straight is not None
    assert best_epoch(straight.history).epoch < len(straight.history)
    for epoch in range(1, len(checkpoints) + 1):
        nothing, seen = fit_digits(engine, stop_after=epoch)
        assert nothing is None
        assert len(seen) == epoch
        resumed, rest = fit_digits(engine, resume_from=through_a_file(seen[-1]))
        assert resumed is not None
        assert len(rest) == len(checkpoints) - epoch
        assert resumed.history == straight.history
        assert {name: array.tobytes() for name, array in resumed.weights.items()} == {
            name: array.tobytes() for name, array in straight.weights.items()
        }


def test_a_checkpoint_comes_back_whole() -> None:
    _, checkpoints = fit_digits(open_engine("torch", "cpu"), stop_after=2)
    before, after = checkpoints[-1].to_arrays(), through_a_file(checkpoints[-1]).to_arrays()
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])
        assert array.dtype == after[name].dtype
