"""A setting's recipe in words: its values, what each means, and how images were augmented."""

from collections.abc import Mapping
from dataclasses import dataclass

from gossamer.numbers import listed
from gossamer.search import with_neutral, without_neutral
from gossamer.setting_words import in_words, shown
from gossamer.study.record import Setting, Value

FIRST = ("learning_rate", "batch_size", "epochs")
"""The values that a recipe always has, in this order; others follow as in a study file."""
RATES = {
    "constant": "of every step",
    "cosine": "of the first step; from there it falls along half a cosine towards 0",
    "one-cycle": "at its highest: it rises from a 25th along half a cosine in the first 30 % of the steps,"
    " and falls along another to a 250,000th",
}
"""What the learning rate is, by schedule."""
WORDS = {
    "adam": "Kingma and Ba 2015",
    "adamw": "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
    "sgd": "gradient descent with Nesterov momentum 0.9",
    "cosine": "Loshchilov and Hutter 2017",
    "one-cycle": "Smith and Topin 2018",
    "horizontal": "in half of the cases",
    "alternating": "in every second epoch",
    "balanced": "every class has the same weight in the training loss, however many images it has",
}
"""What words of a recipe mean."""
NUMBERS = {
    "batch_size": "images per step",
    "epochs": "passes over the training images",
    "weight_decay": "this share, times the learning rate, is taken off the kernels at every step",
    "label_smoothing": "this share of each target is spread evenly over the classes (Szegedy et al. 2016)",
    "ema": "the weights validated and kept are a moving average, which keeps this share of itself at a step",
}
"""What numbers of a recipe mean."""
VIEWS = {
    "flip": "mirrored {}",
    "shift": "shifted by up to {} px each way",
    "rotate": "turned by up to {}° either way",
    "zoom": "enlarged or reduced by a share of up to {}",
    "brightness": "made brighter or darker by a share of up to {}",
    "contrast": "made stronger or weaker in contrast by a share of up to {}",
    "erase": "blanked in a square of {0} × {0} px in half of the cases",
}
"""What augmentation does to an image, by the value."""


@dataclass(frozen=True)
class RecipeRow:
    """A value of the recipe, and what it means."""

    name: str
    value: Value
    meaning: str


def recipe(setting: Setting) -> list[RecipeRow]:
    """Learning rate, batch size, epochs, and every value that is not neutral; none where all others are."""
    values = without_neutral("training", setting)
    whole = with_neutral("training", setting)
    if not set(values) - {"layers", *FIRST}:
        return []
    order = dict.fromkeys([*FIRST, *whole])
    return [
        RecipeRow(name, values[name], _meaning(name, values[name], whole))
        for name in order
        if name in values and name != "layers"
    ]


def augmentation(setting: Setting) -> str:
    """How views differ from their images: "mirrored in every second epoch and turned by ..."; "" if not."""
    values = without_neutral("training", setting)
    return listed([_view(name, values[name]) for name in VIEWS if name in values])


def recipe_in_words(setting: Setting) -> str:
    """The values that are not neutral, beside those that every recipe has: "optimizer adamw, ema 0.99"."""
    return in_words(setting, [row.name for row in recipe(setting) if row.name not in FIRST])


def trained_on(setting: Setting, *, validated: bool) -> str:
    """How training figures differ in kind from those of images as they are; "" if they do not.

    `validated` says whether validation figures stand beside them.
    """
    values = without_neutral("training", setting)
    parts = {
        "smoothed labels": "label_smoothing" in values,
        "weighted images": "class_weights" in values,
        "augmented views": bool(augmentation(setting)),
    }
    trained = listed([part for part, there in parts.items() if there])
    said = []
    if trained:
        plain = ", validation figures of plain images and labels" if validated else ""
        said.append(f"Training figures are of {trained}{plain}.")
    if validated and "ema" in values:
        said.append("Validation figures are of the moving average of the weights.")
    return " ".join(said)


def _meaning(name: str, value: Value, whole: Mapping[str, Value]) -> str:
    if name == "learning_rate":
        return RATES.get(str(whole["schedule"]), "")
    if name in VIEWS:
        return _view(name, value)
    return WORDS.get(str(value), "") if isinstance(value, str) else NUMBERS.get(name, "")


def _view(name: str, value: Value) -> str:
    return VIEWS[name].format(WORDS.get(str(value), shown(value)))
