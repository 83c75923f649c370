"""How weights learn from gradients: the optimizer and what it minimizes, the same for every engine.

With a step's rate r, its gradient g and its number t from 0, an array w of weights becomes

    adam, adamw   m = 0.9 m + 0.1 g,  v = 0.999 v + 0.001 g^2,
                  w - r (m / (1 - 0.9^(t+1))) / (sqrt(v / (1 - 0.999^(t+1))) + 1e-8)
    sgd           u = 0.9 u + g,  w - r (g + 0.9 u)

(Kingma and Ba 2015, Algorithm 1; Nesterov's momentum as in Sutskever et al. 2013, as PyTorch writes it).
Before it, w (1 - r decay) takes the place of w where the network's kernels are (`Architecture.decayed`):
decoupled weight decay (Loshchilov and Hutter 2019). After it, the moving average a of all arrays, norms'
statistics included, becomes a + (1 - d) (w - a) with d = min(ema, (1 + t) / (10 + t)).

The loss of a batch is the sum of k H over its images, each of weight k, divided by their number. H is the
cross entropy between softmax(z) of the logits z and the target, which is 1 - s for the label, and s / classes
more for every class (Szegedy et al. 2016, section 7). With a teacher's probabilities p at temperature T,
(1 - labels) T^2 KL(p, softmax(z / T)) + labels H takes the place of H (Hinton et al. 2015).
"""

from collections.abc import Mapping
from dataclasses import dataclass

BETAS = (0.9, 0.999)
EPSILON = 1e-8
MOMENTUM = 0.9

SLOTS: Mapping[str, tuple[str, ...]] = {
    "adam": ("first_moment", "second_moment"),
    "adamw": ("first_moment", "second_moment"),
    "sgd": ("velocity",),
}
"""What each optimizer keeps of every array that is trained, by the optimizer's name."""

AVERAGE = "average"
"""The slot of the moving average, which is kept of every array."""


@dataclass(frozen=True)
class Learning:
    """What decides a step beside its images and its rate; by default, Adam and cross entropy.

    Attributes:
        optimizer: one of SLOTS.
        weight_decay: 0 or more; adam takes none.
        label_smoothing: s above, 0 to below 1.
        ema: the decay of the moving average, 0 to below 1; 0 keeps none.
        temperature: T above, of a teacher.
        labels: the labels' share of the loss beside a teacher's, 0 to 1.
    """

    optimizer: str = "adam"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema: float = 0.0
    temperature: float = 1.0
    labels: float = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of all slots."""
        return (*SLOTS[self.optimizer], *((AVERAGE,) if self.ema else ()))

    def average_decay(self, step: int) -> float:
        """The share that the moving average keeps of itself after step number `step`, from 0."""
        return min(self.ema, (1 + step) / (10 + step))


ADAM = Learning()
