"""A setting: how fits are done, by name. A search compares settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from gossamer.network import Architecture
from gossamer.search.neutral import without_neutral
from gossamer.setting_words import in_words
from gossamer.training import Recipe


@dataclass(frozen=True, eq=False)
class Setting(Mapping[str, Any]):
    """An immutable, hashable mapping from names to values: `layers`, then keys of [training].

    Keys whose value is neutral in every setting of a search are left out (see `gossamer.search.neutral`).

    Attributes:
        network: what `layers` spells, for the images at hand.
        training: values of [training] by name, in its order: learning_rate, batch_size, epochs, ...
        label: the values that vary in the study, for a person; without any, the network's words.
    """

    network: Architecture
    training: Mapping[str, Any]
    label: str

    def __getitem__(self, name: str) -> Any:
        return self.network.words if name == "layers" else self.training[name]

    def __iter__(self) -> Iterator[str]:
        yield "layers"
        yield from self.training

    def __len__(self) -> int:
        return 1 + len(self.training)

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __str__(self) -> str:
        return self.label

    def recipe(self, seed: str, *, max_epochs: int | None = None, patience: int | None = None) -> Recipe:
        """The recipe of a fit of this setting; `max_epochs` takes the place of its `epochs`."""
        options = {name: value for name, value in self.training.items() if name != "epochs"}
        return Recipe(seed, max_epochs=max_epochs or self["epochs"], patience=patience, **options)


Combination = tuple[Architecture, Mapping[str, Any]]
"""A network, and a value for every name of [training]."""


def combinations(
    networks: Sequence[Architecture], training: Mapping[str, Sequence[Any]]
) -> list[Combination]:
    """Every combination of networks and values, in the order given: the last name changes fastest."""
    values = [dict(zip(training, each, strict=True)) for each in product(*training.values())]
    return list(product(networks, values))


def settings_of(combinations: Sequence[Combination]) -> list[Setting]:
    """The settings of a search, one per combination; their labels name what varies."""
    every: list[dict[str, Any]] = [{"layers": network.words, **values} for network, values in combinations]
    found = {name: list(dict.fromkeys(each[name] for each in every)) for name in every[0]}
    named = without_neutral("training", found)
    varying = [name for name, values in named.items() if len(values) > 1]
    return [
        Setting(
            network,
            {name: value for name, value in values.items() if name in named},
            in_words({"layers": network.words, **values}, varying or ["layers"]),
        )
        for network, values in combinations
    ]


def grid(networks: Sequence[Architecture], training: Mapping[str, Sequence[Any]]) -> list[Setting]:
    """The settings of all combinations."""
    return settings_of(combinations(networks, training))
