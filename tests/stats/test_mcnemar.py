"""McNemar's exact test against a worked example and its own symmetry."""

import pytest

from gossamer.stats.mcnemar import mcnemar


def test_a_known_example() -> None:
    # 1 against 9 discordant pairs: 2 * (1 + 10) / 2^10
    found = mcnemar(set(range(9)), {100})
    assert (found.only_first, found.only_second) == (1, 9)
    assert found.p == pytest.approx(22 / 1024)


def test_shared_errors_do_not_count_and_the_order_changes_no_p() -> None:
    first, second = set(range(50)), set(range(10, 55))
    there, back = mcnemar(first, second), mcnemar(second, first)
    assert (there.only_first, there.only_second) == (5, 10)
    assert (back.only_first, back.only_second) == (10, 5)
    assert there.p == back.p
    assert mcnemar(first, first).p == 1
