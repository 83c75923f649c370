"""Holm's correction: worked examples, and what holds for any p-values."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.stats.holm import holm

P_VALUES = st.lists(st.floats(0, 1), max_size=30)

# p-values as given, and adjusted
EXAMPLES: dict[str, tuple[list[float], list[float]]] = {
    # 0.01 x 4, 0.02 x 3, 0.03 x 2 and 0.04 x 1, which is raised to the one before
    "each step": ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
    # Wikipedia's ("Holm-Bonferroni method"): at 5 % the fourth and the first are rejected, no other
    "out of order": ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
    "not beyond 1": ([0.6, 0.7], [1.0, 1.0]),
    "equals stay equal": ([0.02, 0.02, 0.5], [0.06, 0.06, 0.5]),
    "one": ([0.03], [0.03]),
    "none": ([], []),
    "certainty stays": ([0.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
}


@pytest.mark.parametrize("case", EXAMPLES)
def test_worked_examples(case: str) -> None:
    given_values, adjusted = EXAMPLES[case]
    assert holm(given_values) == pytest.approx(adjusted)


@given(P_VALUES)
def test_it_lies_between_the_value_and_bonferronis(p_values: list[float]) -> None:
    for value, adjusted in zip(p_values, holm(p_values), strict=True):
        assert value <= adjusted <= min(1.0, value * len(p_values))


@given(P_VALUES)
def test_it_keeps_the_order(p_values: list[float]) -> None:
    adjusted = dict(zip(p_values, holm(p_values), strict=True))
    assert [adjusted[value] for value in sorted(adjusted)] == sorted(adjusted.values())


@given(P_VALUES, st.integers(0, 99))
def test_the_order_of_the_tests_does_not_matter(p_values: list[float], seed: int) -> None:
    places = random.Random(seed).sample(range(len(p_values)), len(p_values))  # noqa: S311
    adjusted = holm(p_values)
    assert holm([p_values[i] for i in places]) == [adjusted[i] for i in places]


@given(P_VALUES, st.floats(0.001, 0.2))
def test_it_rejects_what_the_step_down_procedure_rejects(p_values: list[float], level: float) -> None:
    rejected = []
    for place, value in enumerate(sorted(p_values)):
        if value * (len(p_values) - place) >= level:
            break
        rejected.append(value)
    assert (
        sorted(p for p, adjusted in zip(p_values, holm(p_values), strict=True) if adjusted < level)
        == rejected
    )
