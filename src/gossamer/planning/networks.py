"""Which networks compete, from those that the budgets allow."""

from collections.abc import Iterator

from gossamer.network import Architecture, Budgets, suggest_networks
from gossamer.network.ops import Shape

DEFAULT_BUDGETS = Budgets(parameters=20_000)
"""Where no budget is given."""

SUGGESTED = 200
"""Networks to choose from."""


def contenders(shape: Shape, classes: int, budgets: Budgets) -> list[list[Architecture]]:
    """The networks of every kind of block, the most promising first.

    As a rule, more parameters and more multiply-adds mean a higher accuracy: the largest product comes first.

    Raises:
        SettingError: no network fits the budgets.
    """
    kinds: dict[str, list[Architecture]] = {kind: [] for kind in KINDS}
    for network in suggest_networks(shape, classes, budgets, SUGGESTED):
        kinds[next(_kinds(network.words))].append(network)
    ordered = [sorted(each, key=_size, reverse=True) for each in kinds.values()]
    return [each for each in ordered if each]


KINDS = ("k5+", "sep", "inv", "conv")
"""A part of a word that tells a kind of block from those behind it here."""


def _size(network: Architecture) -> int:
    return network.parameters * network.multiply_adds


def _kinds(words: str) -> Iterator[str]:
    return (kind for kind in KINDS if kind in words)
