"""Keras, on the backend that KERAS_BACKEND names."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import keras

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.network.ops import Convolution, MaxPool, Relu


class KerasModel(Contestant):
    """A Sequential model; one epoch of `fit` a call."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if os.environ["KERAS_BACKEND"] == "torch":
            import torch  # noqa: PLC0415 - the other backend must not need it

            torch.set_num_threads(setting.threads)
        self._inputs = scaled(setting.pixels)  # (N, H, W, C)
        self._model_for = cache(lambda _: self._model())

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        model, inputs, labels = self._model_for(batch_size), self._inputs[rows], self.setting.labels[rows]
        return lambda: float(model.fit(inputs, labels, batch_size, 1, verbose=0).history["loss"][0])

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        model, inputs, labels = self._model_for(0), self._inputs[rows], self.setting.labels[rows]
        return lambda: int((model.predict(inputs, batch_size, verbose=0).argmax(1) == labels).sum())

    def _model(self) -> Any:
        layers: list[Any] = [keras.Input(self.setting.network.input_shape)]
        values: list[Any] = []
        for node in self.setting.network.graph.nodes:
            weight, bias = (self.setting.weights.get(f"{node.name}.{part}") for part in ("weight", "bias"))
            match node.op:
                case Convolution(channels=channels, kernel=kernel):
                    layers.append(keras.layers.Conv2D(channels, kernel, padding="same"))
                    assert weight is not None  # noqa: S101 - a convolution has one
                    values += [weight.transpose(2, 3, 1, 0), bias]
                case Relu():
                    layers.append(keras.layers.ReLU())
                case MaxPool():
                    layers.append(keras.layers.MaxPooling2D())
                case _:
                    layers += [keras.layers.Flatten(), keras.layers.Dense(self.setting.network.classes)]
                    assert weight is not None  # noqa: S101
                    height, width, channels = node.input_shapes[0]
                    by_place = weight.reshape(-1, channels, height, width).transpose(2, 3, 1, 0)
                    values += [by_place.reshape(-1, len(weight)), bias]
        model = keras.Sequential(layers)
        model.set_weights(values)
        model.compile(
            keras.optimizers.Adam(self.setting.learning_rate, epsilon=1e-8),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        return model
