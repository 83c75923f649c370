"""The networks whose accuracy is measured: the presets, and others with the recipe of `small-20k`."""

from collections.abc import Mapping
from dataclasses import replace

from gossamer.presets import PRESETS, load_preset
from gossamer.study import NetworkSettings, Study

OTHERS = {
    "ResNet-8": "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2)"
    " gap dense",
    "MobileNetV1 0.25": "bn conv8s2 dw conv16k1 dws2 conv32k1 dw conv32k1 dws2 conv64k1 dw conv64k1"
    " dws2 conv128k1 5*(dw conv128k1) dws2 conv256k1 dw conv256k1 gap dense",
}
"""Networks of the MLPerf Tiny benchmark (Banbury et al. 2021), in words."""


def points() -> Mapping[str, Study]:
    """The study of every point, by its name."""
    recipe = load_preset("small-20k")
    presets = {name: load_preset(name) for name in PRESETS}
    return presets | {
        name: replace(recipe, network=NetworkSettings((layers,))) for name, layers in OTHERS.items()
    }
