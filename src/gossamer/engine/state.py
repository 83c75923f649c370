"""All that a trainer carries from one batch to the next."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gossamer.engine.learning import ADAM, AVERAGE, Learning
from gossamer.network import Architecture, Weights
from gossamer.reprs import Summarized


@dataclass(frozen=True, eq=False, repr=False)
class TrainingState(Summarized):
    """The state of a fit between two batches.

    Attributes:
        weights: every array of the network, norms' statistics included.
        slots: what `Learning.slots` names: the optimizer's, of the arrays that are trained, and the moving
            average, of every array.
        step: how many batches came before.
    """

    weights: Weights
    slots: Mapping[str, Weights]
    step: int

    @classmethod
    def start(cls, network: Architecture, weights: Weights, learning: Learning = ADAM) -> "TrainingState":
        """The state before the first step: slots of zeros, and an average that equals the weights."""
        slots = {
            slot: {
                name: weights[name].copy() if slot == AVERAGE else np.zeros_like(weights[name])
                for name in slot_arrays(network, slot)
            }
            for slot in learning.slots
        }
        return cls(weights, slots, 0)

    @property
    def kept(self) -> Weights:
        """The weights that are validated and kept: the moving average, where there is one."""
        return self.slots.get(AVERAGE, self.weights)


def slot_arrays(network: Architecture, slot: str) -> tuple[str, ...]:
    """The names of the arrays that `slot` holds."""
    return tuple(network.weight_shapes) if slot == AVERAGE else network.trained
