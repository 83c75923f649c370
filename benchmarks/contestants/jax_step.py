"""JAX: one jitted training step, called once a batch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.engine.learning import BETAS, EPSILON
from gossamer.network.ops import Convolution, MaxPool, Relu


class JaxStep(Contestant):
    """A step gathers its batch, and is not inside a scan: XLA's convolutions are ten times slower there."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._inputs = jnp.asarray(scaled(setting.pixels))  # (N, H, W, C)
        self._labels = jnp.asarray(setting.labels)  # (N,)
        self._weights = {name: jnp.asarray(value) for name, value in setting.weights.items()}
        self._states: dict[int, Any] = {}
        self._step, self._count = jax.jit(self._adam_step), jax.jit(self._correct)

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        batches = [jnp.asarray(rows[i : i + batch_size]) for i in range(0, len(rows), batch_size)]

        def work() -> float:
            state, losses = self._states.get(batch_size) or self._start(), []
            for batch in batches:
                state, loss = self._step(state, self._inputs, self._labels, batch)
                losses.append(loss)
            self._states[batch_size] = jax.block_until_ready(state)
            return float(sum(map(float, losses)) / len(losses))

        return work

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        batches = [jnp.asarray(rows[i : i + batch_size]) for i in range(0, len(rows), batch_size)]

        def work() -> int:
            counts = [self._count(self._weights, self._inputs, self._labels, batch) for batch in batches]
            return sum(map(int, counts))

        return work

    def _start(self) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, self._weights)
        return self._weights, zeros, zeros, 0

    def _logits(self, weights: Any, x: Any) -> Any:
        for node in self.setting.network.graph.nodes:
            weight, bias = (weights.get(f"{node.name}.{part}") for part in ("weight", "bias"))
            match node.op:
                case Convolution():
                    layout = ("NHWC", "OIHW", "NHWC")
                    x = (
                        jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=layout)
                        + bias
                    )
                case Relu():
                    x = jax.nn.relu(x)
                case MaxPool():
                    window = (1, 2, 2, 1)
                    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
                case _:
                    x = x.transpose(0, 3, 1, 2).reshape(len(x), -1) @ weight.T + bias
        return x

    def _loss(self, weights: Any, x: Any, labels: Any) -> Any:
        scores = jax.nn.log_softmax(self._logits(weights, x))
        return -jnp.take_along_axis(scores, labels[:, None], 1).mean()

    def _adam_step(self, state: Any, inputs: Any, labels: Any, batch: Any) -> Any:
        (weights, first, second, step), (beta1, beta2) = state, BETAS
        loss, gradient = jax.value_and_grad(self._loss)(weights, inputs[batch], labels[batch])
        step += 1
        first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, first, gradient)
        second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, gradient)
        size, root = self.setting.learning_rate / (1 - beta1**step), jnp.sqrt(1 - beta2**step)
        weights = jax.tree.map(
            lambda w, m, v: w - size * m / (jnp.sqrt(v) / root + EPSILON), weights, first, second
        )
        return (weights, first, second, step), loss

    def _correct(self, weights: Any, inputs: Any, labels: Any, batch: Any) -> Any:
        return (self._logits(weights, inputs[batch]).argmax(1) == labels[batch]).sum()
