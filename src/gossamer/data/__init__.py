"""Data sets as values: images, labels and class names; where they come from; how they are split."""

from gossamer.data.arrays import channels_advice, dataset_from_arrays
from gossamer.data.augmentation import FLIPS, Augmentation
from gossamer.data.background import edge_brightness, edge_brightnesses
from gossamer.data.dataset import Dataset, SealedImages
from gossamer.data.download import Progress
from gossamer.data.duplicates import (
    Duplicates,
    duplicate_pairs,
    find_duplicates,
    first_occurrences,
    have_duplicate_among,
)
from gossamer.data.fit import fit_array
from gossamer.data.images import LabelledImages
from gossamer.data.named_pictures import Brought, read_named
from gossamer.data.near_duplicates import NearDuplicates, find_near_duplicates, near_pairs
from gossamer.data.origins import Origin
from gossamer.data.pictures import TooManyPixels, decode_picture, quiet_decoders
from gossamer.data.reading import BACKGROUNDS, Reading, parse_size
from gossamer.data.sources import KNOWN_SOURCES, fetch_source, open_source
from gossamer.data.split_lists import write_split
from gossamer.data.splits import Split, folds, holdout, subset
from gossamer.data.turns import in_turns
from gossamer.data.views import viewed

__all__ = [
    "BACKGROUNDS",
    "FLIPS",
    "KNOWN_SOURCES",
    "Augmentation",
    "Brought",
    "Dataset",
    "Duplicates",
    "LabelledImages",
    "NearDuplicates",
    "Origin",
    "Progress",
    "Reading",
    "SealedImages",
    "Split",
    "TooManyPixels",
    "channels_advice",
    "dataset_from_arrays",
    "decode_picture",
    "duplicate_pairs",
    "edge_brightness",
    "edge_brightnesses",
    "fetch_source",
    "find_duplicates",
    "find_near_duplicates",
    "first_occurrences",
    "fit_array",
    "folds",
    "have_duplicate_among",
    "holdout",
    "in_turns",
    "near_pairs",
    "open_source",
    "parse_size",
    "quiet_decoders",
    "read_named",
    "subset",
    "viewed",
    "write_split",
]
