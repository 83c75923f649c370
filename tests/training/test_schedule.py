"""Schedules are PyTorch's, step by step."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from gossamer.training import Recipe
from gossamer.training.schedule import SCHEDULES

EPOCHS, BATCHES = 5, 7


def pytorchs(name: str, rate: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedulers = torch.optim.lr_scheduler
    steps = EPOCHS * BATCHES
    made: dict[str, Callable[[], Any]] = {
        "constant": lambda: schedulers.ConstantLR(optimizer, factor=1),
        "cosine": lambda: schedulers.CosineAnnealingLR(optimizer, steps),
        "one-cycle": lambda: schedulers.OneCycleLR(optimizer, rate, total_steps=steps, cycle_momentum=False),
    }
    scheduler = made[name]()
    rates = []
    for step in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return rates


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_are_pytorchs(name: str) -> None:
    recipe = Recipe("seed", 0.02, 8, EPOCHS, schedule=name)
    rates = np.concatenate([recipe.rates(epoch, BATCHES) for epoch in range(1, EPOCHS + 1)])
    np.testing.assert_allclose(rates, pytorchs(name, 0.02), rtol=1e-12, atol=1e-18)
    assert rates.max() <= 0.02


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"constant"}))
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_the_shortest_fits_have_rates(name: str, steps: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rates = Recipe("seed", 0.02, 8, 1, schedule=name).rates(1, steps)
    assert len(rates) == steps
    assert np.all((rates > 0) & (rates <= 0.02))
