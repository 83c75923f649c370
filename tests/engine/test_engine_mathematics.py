"""The engines' mathematics against a slow reference in NumPy and double precision.

The reference is written from the definitions: convolution, ReLU, 2x2 max-pool whose gradient goes to the
first of equal maxima, 2x2 and global means, dense layer, softmax cross entropy, and Adam as in Algorithm 1 of
Kingma and Ba (2015). It is itself checked against differences of its loss. A new case is a line in `CASES`.

Dimensions: N images, C channels, H rows, W columns, O output channels, K kernel.
"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gossamer.engine import Engine, TrainingState, open_engine
from gossamer.network import IMAGE, Architecture, Node, Scaling, Shape
from gossamer.network.ops import Add, AveragePool, Convolution, Dense, MaxPool, Mean, Relu
from tests.constant_rate import trainer_at

Doubles = NDArray[np.float64]
Backward = Callable[[Doubles, dict[str, Doubles]], Doubles]
"""Takes the gradient after a layer, adds its weights' gradients to the dictionary, gives the one before."""

LEARNING_RATE = 0.01


def convolve(x: Doubles, weights: dict[str, Doubles], name: str) -> tuple[Doubles, Backward]:
    """x (N, C, H, W) with the weight (O, C, K, K) and the bias (O,), as large as x."""
    w = weights[f"{name}.weight"]

    def windows(values: Doubles) -> Doubles:
        margin = w.shape[2] // 2
        padded = np.pad(values, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
        return sliding_window_view(padded, w.shape[2:], (2, 3))

    def backward(gradient: Doubles, gradients: dict[str, Doubles]) -> Doubles:
        gradients[f"{name}.weight"] = np.einsum("nohw,nchwij->ocij", gradient, windows(x))
        gradients[f"{name}.bias"] = gradient.sum((0, 2, 3))
        before: Doubles = np.einsum("nohwij,ocij->nchw", windows(gradient), w[:, :, ::-1, ::-1])
        return before

    y = np.einsum("nchwij,ocij->nohw", windows(x), w) + weights[f"{name}.bias"][:, None, None]
    return y, backward


def pool(x: Doubles, *, first: bool = True) -> tuple[Doubles, Backward]:
    """The maximum of each 2x2 window of x (N, C, H, W), an odd edge left out."""
    n, c, h, w = x.shape
    even = x[:, :, : h // 2 * 2, : w // 2 * 2]
    window = even.reshape(n, c, h // 2, 2, w // 2, 2).swapaxes(3, 4).reshape(n, c, h // 2, w // 2, 4)
    winner = window.argmax(-1) if first else 3 - window[..., ::-1].argmax(-1)

    def backward(gradient: Doubles, _: dict[str, Doubles]) -> Doubles:
        spread = (np.arange(4) == winner[..., None]) * gradient[..., None]
        placed = spread.reshape(n, c, h // 2, w // 2, 2, 2).swapaxes(3, 4).reshape(even.shape)
        return np.pad(placed, ((0, 0), (0, 0), (0, h % 2), (0, w % 2)))

    return window.max(-1), backward


def average_pool(x: Doubles) -> tuple[Doubles, Backward]:
    """The mean of each 2x2 window of x (N, C, H, W), an odd edge left out."""
    h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2

    def backward(gradient: Doubles, _: dict[str, Doubles]) -> Doubles:
        before = np.zeros_like(x)
        before[:, :, :h, :w] = gradient.repeat(2, axis=2).repeat(2, axis=3) / 4
        return before

    corners = [x[:, :, i:h:2, j:w:2] for i in (0, 1) for j in (0, 1)]
    return np.asarray(sum(corners)) / 4, backward


def relu(x: Doubles) -> tuple[Doubles, Backward]:
    def backward(gradient: Doubles, _: dict[str, Doubles]) -> Doubles:
        return gradient * (x > 0)

    return np.maximum(x, 0), backward


def average(x: Doubles) -> tuple[Doubles, Backward]:
    """The mean of each channel of x (N, C, H, W)."""

    def backward(gradient: Doubles, _: dict[str, Doubles]) -> Doubles:
        return np.broadcast_to(gradient / (x.shape[2] * x.shape[3]), x.shape)

    return x.mean((2, 3), keepdims=True), backward


def dense(x: Doubles, weights: dict[str, Doubles], name: str) -> tuple[Doubles, Backward]:
    """x (N, ...), flattened, with the weight (classes, inputs) and the bias (classes,)."""
    flat, w = x.reshape(len(x), -1), weights[f"{name}.weight"]

    def backward(gradient: Doubles, gradients: dict[str, Doubles]) -> Doubles:
        gradients[f"{name}.weight"] = gradient.T @ flat
        gradients[f"{name}.bias"] = gradient.sum(0)
        return (gradient @ w).reshape(x.shape)

    return flat @ w.T + weights[f"{name}.bias"], backward


def loss_and_gradients(
    network: Architecture,
    weights: dict[str, Doubles],
    x: Doubles,
    labels: NDArray[np.int64],
    *,
    first: bool = True,
) -> tuple[float, int, dict[str, Doubles]]:
    """The mean cross entropy of a batch x (N, C, H, W), how many are correct, and the loss's gradients."""
    functions: dict[type, Callable[..., tuple[Doubles, Backward]]] = {
        Convolution: lambda node, x: convolve(x, weights, node.name),
        Relu: lambda _, x: relu(x),
        MaxPool: lambda _, x: pool(x, first=first),
        AveragePool: lambda _, x: average_pool(x),
        Mean: lambda _, x: average(x),
        Add: lambda _, x, y: (x + y, lambda gradient, _: gradient),
        Dense: lambda node, x: dense(x, weights, node.name),
    }
    values, steps = {IMAGE: x}, list[tuple[Node, Backward]]()
    for node in network.graph.nodes:
        x, step = functions[type(node.op)](node, *(values[name] for name in node.inputs))
        values[node.name] = x
        steps.append((node, step))
    shares = np.exp(x - x.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    one_hot = np.eye(network.classes)[labels]
    gradients = dict[str, Doubles]()
    with_respect_to = dict[str, Doubles | float]({network.graph.output: (shares - one_hot) / len(x)})
    for node, backward in reversed(steps):
        before = backward(np.asarray(with_respect_to[node.name]), gradients)
        for name in node.inputs:  # a value's gradient is the sum of what its readers give it
            with_respect_to[name] = with_respect_to.get(name, 0.0) + before
    return -np.log(shares[one_hot == 1]).mean(), int((x.argmax(1) == labels).sum()), gradients


def adam(theta: Doubles, m: Doubles, v: Doubles, gradient: Doubles, t: int) -> tuple[Doubles, ...]:
    """Step number t of Algorithm 1 with its recommended constants."""
    m = 0.9 * m + (1 - 0.9) * gradient
    v = 0.999 * v + (1 - 0.999) * gradient**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return theta - LEARNING_RATE * m_hat / (np.sqrt(v_hat) + 1e-8), m, v


def scaled(images: NDArray[np.uint8]) -> Doubles:
    return images.transpose(0, 3, 1, 2) / 255.0


def some(network: Architecture, count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, *network.input_shape), dtype=np.uint8)
    return images, random.integers(0, network.classes, count)


def halfway(network: Architecture, seed: int) -> TrainingState:
    """A state in the midst of training: moments that are not zero show every term of Adam."""
    random = np.random.default_rng(seed)
    weights, first, second = (
        {
            name: random.normal(0, 0.3, shape).astype(np.float32)
            for name, shape in network.weight_shapes.items()
        }
        for _ in range(3)
    )
    slots = {"first_moment": first, "second_moment": {name: array**2 for name, array in second.items()}}
    return TrainingState(weights, slots, 4)


CASES: list[tuple[str, Shape]] = [
    ("dense", (3, 2, 1)),
    ("conv3 dense", (4, 5, 2)),
    ("conv3k1 pool dense", (5, 7, 1)),
    ("conv2k5 dense", (3, 3, 1)),
    ("conv2k7 gap dense", (6, 5, 3)),
    ("pool conv4 gap conv3 dense", (6, 6, 1)),
    ("avg conv4 avg conv3 dense", (9, 7, 2)),
    ("conv8 pool conv6 pool dense", (9, 8, 1)),
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return open_engine("torch", "cpu")


@pytest.mark.parametrize(("words", "shape"), CASES)
def test_an_epoch_follows_the_reference(engine: Engine, words: str, shape: Shape) -> None:
    """Seven images in batches of three: the last batch is one image, and counts as one.

    Weights move by about the learning rate a step; single precision knows them to 6e-8 and the step's
    direction to some 1e-5 of itself.
    """
    network = Architecture.parse(words, shape, 4)
    images, labels = some(network, 9, seed=1)
    order = np.array([8, 3, 5, 0, 1, 7, 2])
    state = halfway(network, seed=2)
    trainer = trainer_at(
        engine, network, Scaling(), images, labels, state, learning_rate=LEARNING_RATE, batch_size=3
    )
    score, after = trainer.train_epoch(order), trainer.state()

    theta, m, v = (
        {name: array.astype(np.float64) for name, array in arrays.items()}
        for arrays in (state.weights, *state.slots.values())
    )
    loss_sum, correct = 0.0, 0
    for step, start in enumerate(range(0, len(order), 3), state.step + 1):
        batch = order[start : start + 3]
        loss, right, gradients = loss_and_gradients(network, theta, scaled(images[batch]), labels[batch])
        loss_sum, correct = loss_sum + loss * len(batch), correct + right
        for name, gradient in gradients.items():
            theta[name], m[name], v[name] = adam(theta[name], m[name], v[name], gradient, step)
    assert score.images == len(order)
    assert score.correct == correct
    assert score.loss == pytest.approx(loss_sum / len(order), rel=1e-5)
    assert after.step == state.step + 3
    for name in network.weight_shapes:
        np.testing.assert_allclose(after.weights[name], theta[name], rtol=0, atol=1e-6)
        np.testing.assert_allclose(after.slots["first_moment"][name], m[name], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(after.slots["second_moment"][name], v[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("words", "shape"), CASES)
def test_scores_and_logits_follow_the_reference(engine: Engine, words: str, shape: Shape) -> None:
    network = Architecture.parse(words, shape, 4)
    images, labels = some(network, 9, seed=3)
    state, rows = halfway(network, seed=4), np.array([7, 1, 2, 8])
    trainer = trainer_at(engine, network, Scaling(), images, labels, state, learning_rate=1.0, batch_size=3)
    score = trainer.evaluate(rows)
    theta = {name: array.astype(np.float64) for name, array in state.weights.items()}
    loss, correct, _ = loss_and_gradients(network, theta, scaled(images[rows]), labels[rows])
    assert (score.images, score.correct) == (4, correct)
    assert score.loss == pytest.approx(loss, rel=1e-5)
    logits = engine.logits(network, state.weights, Scaling(), images).astype(np.float64)
    assert logits.shape == (9, 4)
    losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(9), labels]
    assert losses[rows].mean() == pytest.approx(loss, rel=1e-5)
    shifted = engine.logits(network, state.weights, Scaling(0, 127.5), images // 2)
    np.testing.assert_allclose(
        shifted, engine.logits(network, state.weights, Scaling(), images // 2 * 2), rtol=1e-5, atol=1e-5
    )


def test_equal_maxima_send_their_gradient_to_the_first(engine: Engine) -> None:
    """Kernels that look at their centre alone tie wherever pixels do; their neighbours still differ."""
    network = Architecture.parse("conv2 pool dense", (6, 6, 1), 3)
    random = np.random.default_rng(5)
    images = (random.integers(1, 3, (5, 6, 6, 1)) * 100).astype(np.uint8)
    labels = random.integers(0, 3, 5)
    state = halfway(network, seed=6)
    state.weights["conv1.weight"][:] = 0
    state.weights["conv1.weight"][:, 0, 1, 1] = 0.5
    state.weights["conv1.bias"][:] = 0.1
    trainer = trainer_at(
        engine, network, Scaling(), images, labels, state, learning_rate=LEARNING_RATE, batch_size=5
    )
    trainer.train_epoch(np.arange(5))
    theta = {name: array.astype(np.float64) for name, array in state.weights.items()}
    name = "conv1.weight"
    moments = {
        first: 0.9 * state.slots["first_moment"][name]
        + 0.1 * loss_and_gradients(network, theta, scaled(images), labels, first=first)[2][name]
        for first in (True, False)
    }
    found = trainer.state().slots["first_moment"][name]
    np.testing.assert_allclose(found, moments[True], rtol=1e-4, atol=1e-6)
    assert np.abs(moments[True] - moments[False]).max() > 1e-3  # else this test could not fail


@pytest.mark.parametrize(("words", "shape"), CASES)
def test_the_reference_has_the_gradients_of_its_loss(words: str, shape: Shape) -> None:
    network = Architecture.parse(words, shape, 4)
    images, labels = some(network, 3, seed=7)
    theta = {name: array.astype(np.float64) for name, array in halfway(network, seed=8).weights.items()}
    _, _, gradients = loss_and_gradients(network, theta, scaled(images), labels)
    assert gradients.keys() == network.weight_shapes.keys()
    for name, gradient in gradients.items():
        for position in {0, gradient.size // 2, gradient.size - 1}:
            sides = []
            for nudge in (1e-6, -1e-6):
                moved = theta[name].copy()
                moved.flat[position] += nudge
                sides.append(loss_and_gradients(network, theta | {name: moved}, scaled(images), labels)[0])
            slope = (sides[0] - sides[1]) / 2e-6
            assert gradient.flat[position] == pytest.approx(slope, rel=1e-5, abs=1e-8)
