"""The reference engine: plain PyTorch on cpu, cuda or mps.

The images lie on the device as one tensor; a batch is one gather from it. There is no DataLoader and no
copy an image. On a CPU it uses one thread, so that results do not depend on how many cores there are.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from gossamer.data.views import Views, viewed
from gossamer.engine.base import Engine, Score
from gossamer.engine.batches import Batches
from gossamer.engine.learning import ADAM, AVERAGE, BETAS, EPSILON, MOMENTUM, Learning
from gossamer.engine.state import TrainingState
from gossamer.errors import EngineError
from gossamer.network import Architecture, Scaling, Weights, fold_weights
from gossamer.network.torch_module import arrays_of, network_module

EVALUATION_BATCH = 1000


class TorchEngine(Engine):
    """PyTorch behind the engine protocol."""

    name = "torch"
    answers_alone = False

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
        learning: Learning = ADAM,
        image_weights: NDArray[np.float32] | None = None,
        threads: int = 1,  # noqa: ARG002 - one is all it ever uses
    ) -> "TorchTrainer":
        """A trainer that goes on from `state`."""
        pixels = _Pixels(images, scaling, self.device)
        targets = torch.tensor(labels, device=self.device)
        weights = None if image_weights is None else torch.tensor(image_weights, device=self.device)
        return TorchTrainer(network, pixels, targets, weights, state, learning)

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
        with reproducible(), torch.inference_mode():
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
        image_weights: Tensor | None,
        state: TrainingState,
        learning: Learning,
    ) -> None:
        self._network, self._pixels, self._targets, self._image_weights = (
            network,
            pixels,
            targets,
            image_weights,
        )
        self._learning, self._step = learning, state.step
        self._module = network_module(network, state.weights).to(targets.device)
        self._arrays = arrays_of(network.graph, self._module)
        parameters = dict(zip(network.trained, self._module.parameters(), strict=True))
        self._decayed: list[Tensor] = [parameters[name] for name in network.decayed]
        self._optimizer = OPTIMIZERS[learning.optimizer](parameters, state)
        average = state.slots.get(AVERAGE, {})
        self._average = {  # in the arrays' order, which a state read from a file need not have
            name: torch.tensor(average[name], device=targets.device) for name in self._arrays if average
        }

    def train_epoch(self, batches: Batches) -> Score:
        """Train once on `batches`."""
        tally, at = _Tally(), 0
        with reproducible():
            for size, rate in zip(batches.sizes, batches.rates, strict=True):
                part = slice(at, at := at + size)
                rows = self._rows(batches.order[part])
                views = None if batches.views is None else batches.views[part]
                logits = self._module(self._pixels.seen(rows, views))
                losses = self._losses(
                    logits, rows, None if batches.teacher is None else batches.teacher[part]
                )
                loss = losses.mean()
                self._optimizer.torch.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                self._update(float(rate))
                tally.add(logits.detach(), self._targets[rows], loss.detach())
        return tally.score()

    def _losses(self, logits: Tensor, rows: Tensor, teacher: NDArray[np.float32] | None) -> Tensor:
        """What is minimized, as in `gossamer.engine.learning`: the images' shares (n,), or their mean."""
        learning, targets = self._learning, self._targets[rows]
        if teacher is None and self._image_weights is None:
            return F.cross_entropy(logits, targets, label_smoothing=learning.label_smoothing)
        losses = F.cross_entropy(logits, targets, reduction="none", label_smoothing=learning.label_smoothing)
        if teacher is not None:
            found = F.log_softmax(logits / learning.temperature, dim=1)
            wanted = torch.tensor(teacher, device=logits.device)
            apart = F.kl_div(found, wanted, reduction="none").sum(1) * learning.temperature**2
            losses = (1 - learning.labels) * apart + learning.labels * losses
        return losses if self._image_weights is None else losses * self._image_weights[rows]

    @torch.no_grad()
    def _update(self, rate: float) -> None:
        if self._learning.weight_decay:
            torch._foreach_mul_(self._decayed, 1 - rate * self._learning.weight_decay)
        for group in self._optimizer.torch.param_groups:
            group["lr"] = rate
        self._optimizer.torch.step()
        if self._average:
            share = 1 - self._learning.average_decay(self._step)
            torch._foreach_lerp_(list(self._average.values()), list(self._arrays.values()), share)
        self._step += 1

    def evaluate(self, rows: NDArray[np.int64]) -> Score:
        """The kept weights' score on `rows`."""
        weights = fold_weights(self._network.graph, self.state().kept)
        module = network_module(self._network.folded, weights).to(self._targets.device)
        tally, predicted = _Tally(), list[Tensor]()
        with reproducible(), torch.inference_mode():
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
        average = {AVERAGE: _arrays(self._average)} if self._average else {}
        slots = {name: _arrays(arrays) for name, arrays in self._optimizer.slots().items()}
        return TrainingState(_arrays(self._arrays), slots | average, self._step)

    def _rows(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.tensor(rows, device=self._targets.device)


class _Optimizer:
    """One of PyTorch's optimizers that goes on from a state; its slots by our names and by PyTorch's.

    Weight decay and the rate are the trainer's.
    """

    def __init__(
        self,
        parameters: Mapping[str, torch.nn.Parameter],
        state: TrainingState,
        torch_optimizer: torch.optim.Optimizer,
        names: Mapping[str, str],
    ) -> None:
        self.torch, self._parameters, self._names = torch_optimizer, parameters, names
        for name, parameter in parameters.items():
            kept = {
                theirs: torch.tensor(state.slots[ours][name], device=parameter.device)
                for ours, theirs in names.items()
            }
            step = torch.tensor(float(state.step), device=parameter.device)
            self.torch.state[parameter] = {"step": step, **kept}

    def slots(self) -> dict[str, dict[str, Tensor]]:
        """The slots by name, each by array."""
        return {
            ours: {name: self.torch.state[parameter][theirs] for name, parameter in self._parameters.items()}
            for ours, theirs in self._names.items()
        }


def _adam(parameters: Mapping[str, torch.nn.Parameter], state: TrainingState) -> _Optimizer:
    fused = all(parameter.device.type != "mps" for parameter in parameters.values())
    adam = torch.optim.Adam(parameters.values(), betas=BETAS, eps=EPSILON, fused=fused)
    return _Optimizer(parameters, state, adam, {"first_moment": "exp_avg", "second_moment": "exp_avg_sq"})


def _sgd(parameters: Mapping[str, torch.nn.Parameter], state: TrainingState) -> _Optimizer:
    sgd = torch.optim.SGD(parameters.values(), momentum=MOMENTUM, nesterov=True)
    return _Optimizer(parameters, state, sgd, {"velocity": "momentum_buffer"})


OPTIMIZERS: dict[str, Callable[[Mapping[str, torch.nn.Parameter], TrainingState], _Optimizer]] = {
    "adam": _adam,
    "adamw": _adam,
    "sgd": _sgd,
}
"""What makes each optimizer of `gossamer.engine.learning`."""


def _arrays(tensors: Mapping[str, Tensor]) -> Weights:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


class _Pixels:
    """Images on the device as uint8 (N, H, W, C); `pixels[rows]` are scaled floats (rows, C, H, W)."""

    def __init__(self, images: NDArray[np.uint8], scaling: Scaling, device: str) -> None:
        self._images, self._scaling = torch.tensor(images, device=device), scaling

    def __getitem__(self, rows: Tensor) -> Tensor:
        return self._scaled(self._images[rows])

    def seen(self, rows: Tensor, views: Views | None) -> Tensor:
        """The images of `rows`, each by its view, scaled."""
        if views is None:
            return self[rows]
        images = viewed(self._images[rows].cpu().numpy(), views)
        return self._scaled(torch.tensor(images, device=self._images.device))

    def _scaled(self, images: Tensor) -> Tensor:
        pixels = images.permute(0, 3, 1, 2).to(torch.float32)
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
def reproducible() -> Iterator[None]:
    """One CPU thread, and no algorithm chosen by its speed on the day; afterwards all is as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.backends.cudnn.flags(deterministic=True, benchmark=False, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(threads)
