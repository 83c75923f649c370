"""The script that one would write: batch norm, one-cycle, flips and shifts, in PyTorch."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """What the script can be tuned by."""

    widths: tuple[int, ...]
    learning_rate: float = 0.01
    weight_decay: float = 0.05
    batch_size: int = 128
    flip: bool = True
    shift: int = 2

    def network(self, channels: int, classes: int) -> nn.Sequential:
        """Convolution, norm and ReLU of every width, with a pool behind all but the last."""
        layers: list[nn.Module] = []
        for before, width in zip((channels, *self.widths[:-1]), self.widths, strict=True):
            layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        layers[-1] = nn.AdaptiveAvgPool2d(1)
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(self.widths[-1], classes))


def within(recipe: Recipe, parameters: int, channels: int, classes: int) -> Recipe:
    """The recipe with its widths scaled so that the network has as many parameters as it may."""
    best = recipe
    for step in range(1, 400):
        wider = replace(recipe, widths=tuple(max(1, round(width * step / 50)) for width in recipe.widths))
        if count_parameters(wider.network(channels, classes)) > parameters:
            break
        best = wider
    return best


def count_parameters(network: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in network.parameters())


def as_input(images: Images) -> torch.Tensor:
    """Images (N, H, W, C) as floats from 0 to 1, channels first."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)


def train(
    recipe: Recipe, images: Images, labels: Labels, classes: int, epochs: int, seed: int
) -> nn.Sequential:
    """The trained network, ready to answer."""
    torch.manual_seed(seed)
    x, y = as_input(images), torch.from_numpy(labels)
    network = recipe.network(x.shape[1], classes)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    steps = epochs * -(-len(x) // recipe.batch_size)
    optimizer = torch.optim.AdamW(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps)
    network.train()
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(x)), recipe.batch_size):
            loss = functional.cross_entropy(network(augmented(x[rows], recipe)), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    network.eval()
    return network


def augmented(batch: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    """The images flipped by chance and shifted, each by itself."""
    if recipe.flip:
        mirrored = torch.rand(len(batch), 1, 1, 1) < 0.5
        batch = torch.where(mirrored, batch.flip(3), batch)
    if not recipe.shift:
        return batch
    count, _, height, width = batch.shape
    padded = functional.pad(batch, [recipe.shift] * 4)
    down, right = torch.randint(0, 2 * recipe.shift + 1, (2, count, 1))
    rows = (torch.arange(height) + down)[:, None, :, None]
    columns = (torch.arange(width) + right)[:, None, None, :]
    return padded.gather(2, rows.expand(-1, batch.shape[1], -1, padded.shape[3])).gather(
        3, columns.expand(-1, batch.shape[1], height, -1)
    )


@torch.no_grad()
def answers(network: nn.Sequential, images: Images) -> Labels:
    """The class of every image."""
    found: Labels = network(as_input(images)).argmax(1).numpy()
    return found
