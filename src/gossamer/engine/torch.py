"""The reference engine: plain PyTorch on cpu, cuda or mps.

The images lie on the device as one tensor; a batch is one gather from it. There is no DataLoader and no
copy an image. On a CPU it uses one thread, so that results do not depend on how many cores there are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gossamer.engine.base import ADAM_BETAS, ADAM_EPSILON, Engine, Score, TrainingState, batch_sizes
from gossamer.errors import EngineError
from gossamer.network import Architecture, Scaling, Weights, fold_weights
from gossamer.network.torch_module import arrays_of, network_module

EVALUATION_BATCH = 1000


class TorchEngine(Engine):
    """PyTorch behind the engine protocol."""

    name = "torch"

    def __init__(self, device: str = "auto") -> None:
        """Open `device`: auto (the first of cuda, mps and cpu that is there), cpu, cuda or mps.

        Raises:
            EngineError: this machine or PyTorch has no such device.
        """
        available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        if device == "auto":
            device = next(name for name, there in available.items() if there)
        if not available[device]:
            there = ", ".join(name for name, ok in available.items() if ok)
            raise EngineError(f"PyTorch {torch.__version__} finds no {device} here; there is: {there}")
        self.device = device

    @property
    def numerics(self) -> str:
        """PyTorch's version, the kind of device, and on a CPU the instruction set it uses."""
        kinds = {"cpu": torch.backends.cpu.get_cpu_capability, "cuda": torch.cuda.get_device_name}
        kind = kinds.get(self.device, str)()
        return f"torch {torch.__version__}, {self.device} {kind}"

    def check(self, network: Architecture) -> None:
        """It runs every network."""

    def trainer(
        self,
        network: Architecture,
        scaling: Scaling,
        images: NDArray[np.uint8],
        labels: NDArray[np.int64],
        state: TrainingState,
        *,
        learning_rate: float,
        batch_size: int,
        threads: int = 1,  # noqa: ARG002 - one is all it ever uses
    ) -> "TorchTrainer":
        """A trainer that goes on from `state`."""
        pixels = _Pixels(images, scaling, self.device)
        targets = torch.tensor(labels, device=self.device)
        return TorchTrainer(network, pixels, targets, state, learning_rate, batch_size)

    def runner(
        self,
        network: Architecture,
        weights: Weights,
        scaling: Scaling,
        *,
        threads: int = 1,  # noqa: ARG002
    ) -> "TorchRunner":
        """What answers images by these weights."""
        module = network_module(network.folded, fold_weights(network.graph, weights))
        return TorchRunner(module.to(self.device), scaling, self.device)


class TorchRunner:
    """One network that answers; see `gossamer.engine.base.Runner`."""

    def __init__(self, module: torch.nn.Module, scaling: Scaling, device: str) -> None:
        self._module, self._scaling, self._device = module, scaling, device

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits (N, classes) of `images` (N, H, W, C)."""
        pixels = _Pixels(images, self._scaling, self._device)
        rows = torch.arange(len(images), device=self._device)
        with _reproducible(), torch.inference_mode():
            parts = [self._module(pixels[batch]).cpu() for batch in torch.split(rows, EVALUATION_BATCH)]
        result: NDArray[np.float32] = torch.cat(parts).numpy()
        return result


class TorchTrainer:
    """One network in training; see `gossamer.engine.base.Trainer`."""

    def __init__(
        self,
        network: Architecture,
        pixels: "_Pixels",
        targets: Tensor,
        state: TrainingState,
        learning_rate: float,
        batch_size: int,
    ) -> None:
        self._pixels, self._targets, self._batch_size = pixels, targets, batch_size
        self._network = network
        self._module = network_module(network, state.weights).to(targets.device)
        self._parameters = dict(zip(network.trained, self._module.parameters(), strict=True))
        self._adam = torch.optim.Adam(
            self._parameters.values(),
            learning_rate,
            ADAM_BETAS,
            ADAM_EPSILON,
            fused=targets.device.type != "mps",
        )
        for name, parameter in self._parameters.items():
            self._adam.state[parameter] = {
                "step": torch.tensor(float(state.step), device=targets.device),
                "exp_avg": torch.tensor(state.first_moment[name], device=targets.device),
                "exp_avg_sq": torch.tensor(state.second_moment[name], device=targets.device),
            }

    def train_epoch(self, order: NDArray[np.int64]) -> Score:
        """Train once on the rows `order`."""
        tally = _Tally()
        with _reproducible():
            sizes = batch_sizes(self._network, len(order), self._batch_size)
            for batch in torch.split(self._rows(order), sizes):
                logits = self._module(self._pixels[batch])
                targets = self._targets[batch]
                loss = F.cross_entropy(logits, targets)
                self._adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                self._adam.step()
                tally.add(logits.detach(), targets, loss.detach())
        return tally.score()

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The present weights' score on `rows`."""
        weights = fold_weights(self._network.graph, self.state().weights)
        module = network_module(self._network.folded, weights).to(self._targets.device)
        tally, predicted = _Tally(), list[Tensor]()
        with _reproducible(), torch.inference_mode():
            for batch in torch.split(self._rows(rows), EVALUATION_BATCH):
                logits, targets = module(self._pixels[batch]), self._targets[batch]
                tally.add(logits, targets, F.cross_entropy(logits, targets))
                predicted.append(logits.argmax(1))
        labels, classes = self._targets[self._rows(rows)].cpu().numpy(), self._network.classes
        cells = labels * classes + torch.cat(predicted).cpu().numpy()
        confusion = np.bincount(cells, minlength=classes * classes).reshape(classes, classes)
        return replace(tally.score(), confusion=confusion.astype(np.int64, copy=False))

    def state(self) -> TrainingState:
        """A copy of the present state."""
        moments = {name: self._adam.state[parameter] for name, parameter in self._parameters.items()}
        step = next(iter(moments.values()))["step"]
        return TrainingState(
            _arrays(arrays_of(self._network.graph, self._module)),
            _arrays({name: moment["exp_avg"] for name, moment in moments.items()}),
            _arrays({name: moment["exp_avg_sq"] for name, moment in moments.items()}),
            int(step),
        )

    def _rows(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.tensor(rows, device=self._targets.device)


def _arrays(tensors: Mapping[str, Tensor]) -> Weights:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


class _Pixels:
    """Images on the device as uint8 (N, H, W, C); `pixels[rows]` are scaled floats (rows, C, H, W)."""

    def __init__(self, images: NDArray[np.uint8], scaling: Scaling, device: str) -> None:
        self._images, self._scaling = torch.tensor(images, device=device), scaling

    def __getitem__(self, rows: Tensor) -> Tensor:
        pixels = self._images[rows].permute(0, 3, 1, 2).to(torch.float32)
        return (pixels - self._scaling.minimum) / (self._scaling.maximum - self._scaling.minimum)


class _Tally:
    """Sums over batches, kept on the device until the end so that no batch waits for another."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._losses: list[Tensor] = []
        self._correct: list[Tensor] = []

    def add(self, logits: Tensor, targets: Tensor, mean_loss: Tensor) -> None:
        self._sizes.append(len(targets))
        self._losses.append(mean_loss)
        self._correct.append((logits.argmax(1) == targets).sum())

    def score(self) -> Score:
        images = sum(self._sizes)
        # in double on the CPU: mps has no doubles, and 60,000 summands in single would lose digits
        losses = torch.stack(self._losses).cpu().double() @ torch.tensor(self._sizes, dtype=torch.float64)
        return Score(images, int(torch.stack(self._correct).sum()), float(losses) / images)


@contextmanager
def _reproducible() -> Iterator[None]:
    """One CPU thread, and no algorithm chosen by its speed on the day; afterwards all is as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.backends.cudnn.flags(deterministic=True, benchmark=False, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(threads)
