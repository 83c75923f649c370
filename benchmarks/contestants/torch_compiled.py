"""The tuned PyTorch step through torch.compile."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from benchmarks.contestants.base import Setting
from benchmarks.contestants.torch_base import Learner
from benchmarks.contestants.torch_tuned import TorchTuned


class TorchCompiled(TorchTuned):
    """Forward and loss are one compiled graph, and so is their backward, for each batch size."""

    evaluation_batches = (256,)  # each size is compiled anew, for half a minute

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        compiled: Callable[[Tensor], Tensor] = torch.compile(self._classifier, dynamic=False)
        self._compiled_classifier = compiled
        self._loss_of = cache(_compiled_loss)

    def classify(self, inputs: Tensor) -> Tensor:  # noqa: D102
        return self._compiled_classifier(inputs)

    def backward(self, learner: Learner, inputs: Tensor, labels: Tensor) -> Tensor:  # noqa: D102
        loss = self._loss_of(learner)(inputs, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()


def _compiled_loss(learner: Learner) -> Callable[[Tensor, Tensor], Tensor]:
    def mean_loss(inputs: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(learner.module(inputs), labels)

    return torch.compile(mean_loss, dynamic=False)
