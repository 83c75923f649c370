"""Data sets as values: images, labels and class names; where they come from; how they are split."""

from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.download import Progress
from gossamer.data.images import LabelledImages
from gossamer.data.sources import fetch_source, open_source
from gossamer.data.splits import Split, folds, holdout, subset

__all__ = [
    "Dataset",
    "LabelledImages",
    "Progress",
    "SealedImages",
    "Split",
    "fetch_source",
    "folds",
    "holdout",
    "open_source",
    "subset",
]
