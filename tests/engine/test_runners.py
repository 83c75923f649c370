"""A network that answers call after call gives what it gives at once."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gossamer.engine import open_engine
from gossamer.network import Architecture, Scaling, initial_weights
from gossamer.seeds import derive_seed

if TYPE_CHECKING:
    from gossamer.engine import Engine

NETWORK = Architecture.parse("conv4 pool dense", (28, 28, 1), 4)
WEIGHTS = initial_weights(NETWORK, derive_seed("runners"))


@pytest.fixture(params=["native", "torch"])
def engine(request: pytest.FixtureRequest) -> "Engine":
    if request.param == "native":
        pytest.importorskip("gossamer.engine._native")
    return open_engine(request.param)


@pytest.mark.parametrize("threads", [1, 2])
def test_calls_do_not_touch_each_other(engine: "Engine", threads: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3_000, 28, 28, 1)).astype(np.uint8)
    runner = engine.runner(NETWORK, WEIGHTS, Scaling(), threads=threads)
    few = runner.logits(images[7:12])
    kept = few.copy()
    many = runner.logits(images)  # more than the native one hands to its core at once
    assert many.shape == (3_000, 4)
    assert (few == kept).all()
    np.testing.assert_allclose(many[7:12], few, rtol=0, atol=1e-5)
    np.testing.assert_allclose(engine.logits(NETWORK, WEIGHTS, Scaling(), images), many, rtol=0, atol=0)
    assert (runner.logits(images[7:12]) == few).all()


def test_the_weights_are_those_of_its_beginning(engine: "Engine") -> None:
    weights = {name: array.copy() for name, array in WEIGHTS.items()}
    runner = engine.runner(NETWORK, weights, Scaling())
    image = np.full((1, 28, 28, 1), 99, np.uint8)
    before = runner.logits(image)
    for array in weights.values():
        array[:] = 0
    assert (runner.logits(image) == before).all()


def test_the_native_one_refuses_images_of_another_size() -> None:
    pytest.importorskip("gossamer.engine._native")
    runner = open_engine("native").runner(NETWORK, WEIGHTS, Scaling())
    with pytest.raises(ValueError, match=r"images of \(1, 1, 1\), expected \(28, 28, 1\)"):
        runner.logits(np.zeros((2, 1, 1, 1), np.uint8))
