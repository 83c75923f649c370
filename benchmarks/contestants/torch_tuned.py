"""PyTorch as fast as its plain interface goes on a CPU."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from benchmarks.contestants.base import Rows, Setting
from benchmarks.contestants.torch_base import Learner, TorchContestant


class TorchTuned(TorchContestant):
    """Preloaded floats, channels_last, fused Adam; a batch is one gather, and no batch waits for its loss."""

    memory_format = torch.channels_last
    fused = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._learner_for = cache(lambda _: self.learner())

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        learner, order = self._learner_for(batch_size), torch.from_numpy(rows)

        def work() -> float:
            losses = [self._step(learner, batch) for batch in torch.split(order, batch_size)]
            return float(torch.stack(losses).mean())

        return work

    def backward(self, learner: Learner, inputs: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of a batch; its gradient is left in the parameters."""
        loss = F.cross_entropy(learner.module(inputs), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _step(self, learner: Learner, batch: Tensor) -> Tensor:
        learner.adam.zero_grad()
        loss = self.backward(learner, self.inputs[batch], self.labels[batch])
        learner.adam.step()
        return loss


class TorchContiguous(TorchTuned):
    """The same with the channels first: on some machines PyTorch is faster that way."""

    memory_format = torch.contiguous_format
