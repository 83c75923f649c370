"""Suggested networks keep to the budget, differ, and use it."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.errors import SettingError
from gossamer.network import Architecture, suggest_networks

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))


@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, classes=st.integers(2, 50), budget=st.integers(1, 10**6), count=st.integers(1, 30))
def test_they_keep_to_the_budget(shape: tuple[int, int, int], classes: int, budget: int, count: int) -> None:
    with suppress(SettingError):  # of a budget too small, below
        networks = suggest_networks(shape, classes, budget, count)
        check(networks, shape, classes, budget, count)


def check(
    networks: Sequence[Architecture], shape: tuple[int, int, int], classes: int, budget: int, count: int
) -> None:
    assert 1 <= len(networks) <= count
    assert all(network.parameters <= budget for network in networks)
    assert len({network.words for network in networks}) == len(networks)
    assert [n.parameters for n in networks] == sorted(n.parameters for n in networks)
    for network in networks:
        assert Architecture.parse(network.words, shape, classes) == network


@pytest.mark.parametrize("budget", [1_000, 5_000, 20_000])
def test_nothing_trivial_stands_beside_what_is_worth_a_fit(budget: int) -> None:
    for network in suggest_networks((28, 28, 1), 10, budget):
        assert network.words.count("conv") >= 2
        assert network.units[0].output_shape[2] >= 4
    assert suggest_networks((28, 28, 1), 10, 60)  # where nothing else fits, it is better than nothing


def test_a_larger_budget_is_used() -> None:
    largest = [
        suggest_networks((28, 28, 1), 10, budget)[-1].parameters for budget in (2_000, 20_000, 200_000)
    ]
    assert all(found > budget / 2 for found, budget in zip(largest, (2_000, 20_000, 200_000), strict=True))


def test_a_budget_too_small_names_one_that_is_not() -> None:
    with pytest.raises(SettingError, match="at most 5 parameters; the smallest") as caught:
        suggest_networks((28, 28, 1), 10, 5)
    words = str(caught.value).split("'")[1]
    least = Architecture.parse(words, (28, 28, 1), 10).parameters
    assert [network.words for network in suggest_networks((28, 28, 1), 10, least)] == [words]


@pytest.mark.parametrize("budget", [1_000, 5_000, 20_000, 60_000, 200_000, 2_000_000])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (64, 64, 3), (96, 96, 1)])
def test_they_are_rivals_under_the_budget(shape: tuple[int, int, int], budget: int) -> None:
    """Each takes a fair share of it, and none looks at a few pixels alone, as `conv2 pool dense` does."""
    networks = suggest_networks(shape, 10, budget, 20)
    assert len(networks) >= 2
    assert min(network.parameters for network in networks) >= networks[-1].parameters / 3
    for network in networks:
        words = network.words.split()
        assert words.count("pool") >= 2
        assert sum(word.startswith("conv") for word in words) >= 2


def test_a_tiny_budget_gets_what_there_is() -> None:
    assert [network.words for network in suggest_networks((28, 28, 1), 10, 60)] == ["conv2 pool gap dense"]
