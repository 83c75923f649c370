"""The figures that the report "Classification of Fashion-MNIST Using Lightweight CNNs" published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.search import without_neutral

TITLE = "Classification of Fashion-MNIST Using Lightweight CNNs"
LAYERS = "conv16 pool conv32 pool dense"
TEST_ACCURACY = 0.9044
TRAINING_IMAGES = 60_000


@dataclass(frozen=True)
class PublishedCell:
    """A cell of the report's Table 2: means over five folds."""

    val_loss: float
    val_accuracy: float


TABLE_2 = {
    (0.005, 32): PublishedCell(0.3362, 0.8956),
    (0.005, 64): PublishedCell(0.2968, 0.9034),
    (0.005, 128): PublishedCell(0.2923, 0.9048),
    (0.001, 32): PublishedCell(0.2652, 0.9092),
    (0.001, 64): PublishedCell(0.2535, 0.9112),
    (0.001, 128): PublishedCell(0.2613, 0.9069),
    (0.0005, 32): PublishedCell(0.2563, 0.9089),
    (0.0005, 64): PublishedCell(0.2665, 0.9055),
    (0.0005, 128): PublishedCell(0.2872, 0.8986),
    (0.0001, 32): PublishedCell(0.3212, 0.8879),
    (0.0001, 64): PublishedCell(0.3369, 0.8819),
    (0.0001, 128): PublishedCell(0.3608, 0.8742),
}
"""The published figures by learning rate and batch size."""


WRITTEN = ("layers", "learning_rate", "batch_size", "epochs")
"""The names of a setting that have no neutral value."""

TRAIN_FINGERPRINT = "ca66efd02a61f1877a80c5afa8b672e4459df89fa4948756cf39b1b260a950dd"
"""The fingerprint of Fashion-MNIST's training images, which does not depend on their file format."""


def published_cell(train_fingerprint: str, setting: Mapping[str, Any]) -> PublishedCell | None:
    """The report's figures for a cell of the same setting on Fashion-MNIST, if it published them.

    `train_fingerprint` is that of the whole training set, of which a study may use a subset.
    """
    recipe = without_neutral("training", {name: setting[name] for name in setting if name not in WRITTEN})
    if train_fingerprint != TRAIN_FINGERPRINT or setting["layers"] != LAYERS or recipe:
        return None
    return TABLE_2.get((setting["learning_rate"], setting["batch_size"]))
