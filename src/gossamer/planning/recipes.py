"""Which recipes compete: one for all, with and without what helps on some images and harms on others.

What a recipe is worth is measured on validation images, not guessed: a flip turns a 2 into no digit, and
leaves a shoe a shoe.
"""

from collections.abc import Mapping
from typing import Any

from gossamer.data import LabelledImages

Recipe = Mapping[str, Any]
UNEVEN = 2.0
"""The largest class by the smallest. Above, balanced accuracy selects, and all recipes but one weigh classes
equally."""


def common(images: LabelledImages) -> Recipe:
    """What all recipes share: AdamW under a one-cycle schedule (Smith and Topin 2018)."""
    count = len(images)
    return {
        "learning_rate": 0.01,
        "batch_size": 32 if count < 2_000 else 64 if count < 20_000 else 128,
        "optimizer": "adamw",
        "weight_decay": 0.05,
        "schedule": "one-cycle",
    }


def recipes(images: LabelledImages) -> list[Recipe]:
    """What tells them apart, the first to try first."""
    shift = min(4, max(1, round(min(images.shape[:2]) / 14)))
    plain, shifted = {"flip": "none", "shift": 0}, {"flip": "none", "shift": shift}
    flipped = {"flip": "alternating", "shift": shift}
    distorted: dict[str, Any] = {**shifted, "rotate": 10.0, "zoom": 0.1}
    if images.shape[2] > 1:
        distorted |= {"brightness": 0.1, "contrast": 0.1}
    slower = {**shifted, "learning_rate": 0.004}
    ways: list[Recipe] = [shifted, flipped, plain, distorted, {**distorted, "flip": "alternating"}, slower]
    if not is_uneven(images):
        return ways
    weighted: list[Recipe] = [{**way, "class_weights": "balanced"} for way in ways]
    return [*weighted[:2], shifted, *weighted[2:]]


def is_uneven(images: LabelledImages) -> bool:
    """Whether some class has far more images than another."""
    counts = images.class_counts
    return bool(counts.max() > UNEVEN * counts.min())
