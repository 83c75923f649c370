"""Fine-tuning of a network whose weights and values are rounded as in integers: quantization-aware training.

Rounding passes gradients on within the range, and none outside it (Bengio et al. 2013, arXiv:1308.3432; Jacob
et al. 2018, arXiv:1712.05877). The network in floats is the teacher (Hinton et al. 2015, arXiv:1503.02531),
so that labels are not learnt again. It takes PyTorch, on one thread: the weights are the same each time.
"""

from dataclasses import replace
from math import cos, pi

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from gossamer.engine.torch import TorchEngine, reproducible
from gossamer.export.quantized import LARGEST, QuantizedNetwork
from gossamer.network import IMAGE, Model
from gossamer.network.torch_module import GraphModule, arrays_of, filled
from gossamer.seeds import derive_seed, stream

BATCH = 128
RATE = 5e-4
"""Adam's rate at the beginning; it falls to 0 along half a cosine."""
TEMPERATURE = 2.0


def finetuned(model: Model, quantized: QuantizedNetwork, images: NDArray[np.uint8], epochs: int) -> Model:
    """The folded model with weights that lose less in integers.

    Args:
        model: the model.
        quantized: the same in integers; the scales of its values stay.
        images: training images (N, H, W, C).
        epochs: how often all images are seen.
    """
    model = model.folded
    network = _Rounded(model, quantized)
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    logits = TorchEngine("cpu").logits(model.network, model.weights, model.scaling, images)
    pixels, wanted = torch.tensor(images), torch.tensor(logits)
    steps = epochs * -(-len(images) // BATCH)
    step = 0
    with reproducible():
        for epoch in range(epochs):
            order = stream(derive_seed("finetune", model.hash, epoch)).permutation(len(images))
            for rows in torch.split(torch.from_numpy(order), BATCH):
                for group in optimizer.param_groups:
                    group["lr"] = RATE * (1 + cos(pi * step / steps)) / 2
                optimizer.zero_grad()
                loss = _apart(network(pixels[rows]), wanted[rows])
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                step += 1
    return replace(model, weights=network.weights())


def _apart(found: Tensor, wanted: Tensor) -> Tensor:
    """The divergence of the softened probabilities from the teacher's."""
    divergence = functional.kl_div(
        functional.log_softmax(found / TEMPERATURE, 1),
        functional.log_softmax(wanted / TEMPERATURE, 1),
        reduction="batchmean",
        log_target=True,
    )
    return divergence * TEMPERATURE**2


class _Rounded(nn.Module):
    """A folded network, its weights and values rounded as in integers; from pixels (N, H, W, C) to logits."""

    def __init__(self, model: Model, quantized: QuantizedNetwork) -> None:
        super().__init__()
        self._quantized, graph = quantized, model.network.graph
        self.floats = filled(GraphModule(model.network), graph, model.weights)
        self._arrays = arrays_of(graph, self.floats)  # which share their memory with what is trained
        for made, step in zip(quantized.nodes, self.floats.steps, strict=True):
            if "weight" in made.constants:
                layer = step[-1] if isinstance(step, nn.Sequential) else step
                parametrize.register_parametrization(layer, "weight", _RoundedWeights(), unsafe=True)

    def forward(self, images: Tensor) -> Tensor:
        """The logits (N, classes)."""
        pixel, nodes = self._quantized.pixel, self._quantized.nodes
        values = {IMAGE: (images.permute(0, 3, 1, 2).float() - pixel.zero) * pixel.scale}
        for made, step in zip(nodes, self.floats.steps, strict=True):
            value = step(*(values[name] for name in made.node.inputs))
            if made is not nodes[-1]:
                value = torch.fake_quantize_per_tensor_affine(
                    value, made.output.scale, made.output.zero, 0, LARGEST
                )
            values[made.node.name] = value
        return values[nodes[-1].node.name]

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights, not rounded, by the graph's names."""
        return {name: each.numpy().copy() for name, each in self._arrays.items()}


class _RoundedWeights(nn.Module):
    """Weights rounded channel by channel, the largest of a channel being 127."""

    def forward(self, weights: Tensor) -> Tensor:
        """The rounded weights."""
        steps = weights.detach().abs().amax(tuple(range(1, weights.ndim))).clamp(min=1e-30) / 127
        zeros = torch.zeros_like(steps, dtype=torch.int32)
        return torch.fake_quantize_per_channel_affine(weights, steps, zeros, 0, -127, 127)
