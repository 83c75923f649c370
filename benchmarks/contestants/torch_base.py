"""What the PyTorch contestants share: the module, its Adam, and the evaluation of preloaded images."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.network.torch_module import network_module


@dataclass(frozen=True)
class Learner:
    """A module in training."""

    module: nn.Sequential
    adam: torch.optim.Adam


class TorchContestant(Contestant):
    """Subclasses say how they train (see `Contestant.training`) and how their images lie in memory."""

    memory_format = torch.contiguous_format
    fused = False

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        torch.set_num_threads(setting.threads)
        pixels = torch.from_numpy(scaled(setting.pixels)).permute(0, 3, 1, 2)
        self.inputs = pixels.contiguous(memory_format=self.memory_format)  # (N, C, H, W)
        self.labels = torch.from_numpy(setting.labels.copy())  # (N,)
        self._classifier = self.module().eval()

    def module(self) -> nn.Sequential:
        """The network at its start."""
        module = network_module(self.setting.network, self.setting.weights)
        moved: nn.Sequential = module.to(memory_format=self.memory_format)  # type: ignore[call-overload]
        return moved

    def learner(self) -> Learner:
        """The network with its optimizer."""
        module = self.module()
        adam = torch.optim.Adam(module.parameters(), self.setting.learning_rate, fused=self.fused)
        return Learner(module, adam)

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        batches = torch.split(torch.from_numpy(rows), batch_size)

        def work() -> int:
            with torch.inference_mode():
                return int(sum(self._correct(batch) for batch in batches))

        return work

    def classify(self, inputs: Tensor) -> Tensor:
        """The logits of a batch."""
        logits: Tensor = self._classifier(inputs)
        return logits

    def _correct(self, batch: Tensor) -> Tensor:
        return (self.classify(self.inputs[batch]).argmax(1) == self.labels[batch]).sum()
