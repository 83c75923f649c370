"""Suggested networks keep to the budgets, differ, and use them."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.errors import SettingError
from gossamer.network import Architecture, Budgets, suggest_networks
from gossamer.network.ops import Kernels

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3))


BUDGETS = st.tuples(*[st.none() | st.integers(1, 10**6)] * 3).filter(any)


@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, classes=st.integers(2, 50), limits=BUDGETS, count=st.integers(1, 30))
def test_they_keep_to_the_budgets(
    shape: tuple[int, int, int], classes: int, limits: tuple[int | None, ...], count: int
) -> None:
    with suppress(SettingError):  # of a budget too small, below
        networks = suggest_networks(shape, classes, Budgets(*limits), count)
        check(networks, shape, classes, limits, count)


def check(
    networks: Sequence[Architecture],
    shape: tuple[int, int, int],
    classes: int,
    limits: tuple[int | None, ...],
    count: int,
) -> None:
    assert 1 <= len(networks) <= count
    for network in networks:
        taken = network.parameters, network.multiply_adds, network.activation_bytes
        assert all(limit is None or each <= limit for each, limit in zip(taken, limits, strict=True))
        assert Architecture.parse(network.words, shape, classes) == network
    assert len({network.words for network in networks}) == len(networks)
    assert [n.parameters for n in networks] == sorted(n.parameters for n in networks)


def convolutions(network: Architecture) -> int:
    return sum(isinstance(node.op, Kernels) for node in network.graph.nodes)


@pytest.mark.parametrize("budget", [1_000, 5_000, 20_000])
def test_nothing_trivial_stands_beside_what_is_worth_a_fit(budget: int) -> None:
    for network in suggest_networks((28, 28, 1), 10, Budgets(budget)):
        assert convolutions(network) >= 2
        assert network.units[0].output_shape[2] >= 4
    assert suggest_networks(
        (28, 28, 1), 10, Budgets(60)
    )  # where nothing else fits, it is better than nothing


def test_a_larger_budget_is_used() -> None:
    largest = [
        suggest_networks((28, 28, 1), 10, Budgets(budget))[-1].parameters
        for budget in (2_000, 20_000, 200_000)
    ]
    assert all(found > budget / 2 for found, budget in zip(largest, (2_000, 20_000, 200_000), strict=True))


def test_a_budget_too_small_names_one_that_is_not() -> None:
    with pytest.raises(SettingError, match="at most 5 parameters; the smallest") as caught:
        suggest_networks((28, 28, 1), 10, Budgets(5))
    words = str(caught.value).split("'")[1]
    least = Architecture.parse(words, (28, 28, 1), 10).parameters
    assert [network.words for network in suggest_networks((28, 28, 1), 10, Budgets(least))] == [words]


@pytest.mark.parametrize("budget", [1_000, 5_000, 20_000, 60_000, 200_000, 2_000_000])
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (64, 64, 3), (96, 96, 1)])
def test_they_are_rivals_under_the_budget(shape: tuple[int, int, int], budget: int) -> None:
    """Each takes a fair share of it, and none looks at a few pixels alone, as `conv2 pool dense` does."""
    networks = suggest_networks(shape, 10, Budgets(budget), 20)
    assert len(networks) >= 2
    assert min(network.parameters for network in networks) >= networks[-1].parameters / 3
    for network in networks:
        assert network.words.split().count("pool") >= 2
        assert convolutions(network) >= 2


def test_a_tiny_budget_gets_what_there_is() -> None:
    assert [network.words for network in suggest_networks((28, 28, 1), 10, Budgets(60))] == [
        "conv2 pool gap dense"
    ]


@pytest.mark.parametrize(
    "budgets", [Budgets(20_000), Budgets(None, 1_000_000), Budgets(200_000, 8_000_000, 64_000)]
)
def test_every_kind_of_block_is_there(budgets: Budgets) -> None:
    networks = suggest_networks((28, 28, 1), 10, budgets, 12)
    assert any(not network.has_norms for network in networks)
    assert any("sep" in network.words for network in networks)
    assert any("inv" in network.words for network in networks)


def test_several_budgets_are_all_kept_and_named_when_none_fits() -> None:
    with pytest.raises(SettingError) as caught:
        suggest_networks((28, 28, 1), 10, Budgets(60, 1_000, 500))
    assert "no network of at most 60 parameters and 1,000 multiply-adds and 500 bytes of RAM" in str(
        caught.value
    )
    assert "parameters and 14,132 multiply-adds and 830 bytes of RAM: allow that many" in str(caught.value)


def test_no_budget_is_refused() -> None:
    with pytest.raises(SettingError, match="no budget; give a maximum"):
        Budgets()
