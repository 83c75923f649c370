"""Wilson's interval against its formula, and at its ends."""

from math import sqrt

import pytest

from gossamer.stats.wilson import wilson_interval


@pytest.mark.parametrize(("correct", "n"), [(9_123, 10_000), (1, 7), (5, 10), (99, 100)])
def test_it_equals_the_formula(correct: int, n: int) -> None:
    z, p = 1.959963985, correct / n
    middle, reach = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    expected = [(middle + sign * reach) / (1 + z * z / n) for sign in (-1, 1)]
    assert wilson_interval(correct, n) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("n", [1, 10, 10_000])
def test_it_ends_at_0_and_1(n: int) -> None:
    assert wilson_interval(0, n)[0] == 0
    assert wilson_interval(n, n)[1] == 1
