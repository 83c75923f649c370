"""Teachers of a search: a larger network that is trained on exactly the student's training rows."""

from dataclasses import dataclass

from gossamer.data import LabelledImages, Split
from gossamer.engine import Engine
from gossamer.network import Scaling
from gossamer.search.fits import Distillation, Fit
from gossamer.search.setting import Setting
from gossamer.seeds import derive_seed


@dataclass(frozen=True, eq=False)
class TeacherPlan:
    """How teachers are trained, and how students learn from them.

    Attributes:
        setting: the teacher's network and training.
        temperature, labels: see `gossamer.training.Teacher`.
    """

    setting: Setting
    temperature: float
    labels: float

    def on(
        self, images: LabelledImages, split: Split, scaling: Scaling, engine: Engine, seed: str, label: str
    ) -> Distillation:
        """The teacher of the students on `split`, whose seed is named by `seed`; `label` is for people."""
        network = self.setting.network
        recipe = self.setting.recipe(derive_seed("teacher", seed, network.words))
        fit = Fit.on(images, split, network, scaling, recipe, engine, label)
        return Distillation(fit, self.temperature, self.labels)
