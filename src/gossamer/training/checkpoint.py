"""The state of a fit after an epoch: all that it needs to end with the same bytes as without a break."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import TrainingState
from gossamer.network import Weights
from gossamer.reprs import Summarized
from gossamer.training.history import Epoch


@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint(Summarized):
    """A fit between two epochs.

    Attributes:
        state: the state of the trainer.
        history: all epochs so far.
        best_weights: the weights after the epoch of the lowest validation loss so far.
    """

    state: TrainingState
    history: tuple[Epoch, ...]
    best_weights: Weights

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the history as arrays by name, for a file."""
        groups = {
            "weights": self.state.weights,
            **self.state.slots,
            "best_weights": self.best_weights,
        }
        arrays = {
            f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()
        }
        return arrays | {"step": np.array([self.state.step], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], history: Sequence[Epoch]) -> "Checkpoint":
        """The inverse of `to_arrays`."""
        groups: dict[str, Weights] = {}
        for path, array in arrays.items():
            group, _, name = path.partition("/")
            groups.setdefault(group, {})[name] = array
        del groups["step"]
        weights, best = groups.pop("weights"), groups.pop("best_weights")
        return cls(TrainingState(weights, groups, int(arrays["step"][0])), tuple(history), best)
