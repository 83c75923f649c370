"""skorch: PyTorch behind scikit-learn's interface."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from skorch import NeuralNetClassifier
from torch import nn

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.network.torch_module import network_module


class SkorchClassifier(Contestant):
    """NeuralNetClassifier with no validation split and nothing printed; one epoch of `partial_fit` a call."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        torch.set_num_threads(setting.threads)
        self._inputs = scaled(setting.pixels).transpose(0, 3, 1, 2)  # (N, C, H, W)
        self._classifier_for = cache(self._classifier)

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        net = self._classifier_for("training", batch_size)
        inputs, labels = self._inputs[rows], self.setting.labels[rows]

        def work() -> float:
            net.partial_fit(inputs, labels)
            return float(net.history[-1, "train_loss"])

        return work

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        net = self._classifier_for("evaluation", batch_size)
        inputs, labels = self._inputs[rows], self.setting.labels[rows]
        return lambda: int((net.predict(inputs) == labels).sum())

    def _classifier(self, _purpose: str, batch_size: int) -> Any:
        return NeuralNetClassifier(
            network_module(self.setting.network, self.setting.weights),
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=self.setting.learning_rate,
            batch_size=batch_size,
            max_epochs=1,
            iterator_train__shuffle=True,
            train_split=None,
            classes=list(range(self.setting.network.classes)),
            verbose=0,
        ).initialize()
