"""Medians and ratios on figures that can be worked out by hand."""

from benchmarks.figures import Spread, ratios, spread


def test_a_spread_is_the_median_the_least_and_the_greatest() -> None:
    assert spread([5.0, 1.0, 2.0]) == Spread(2.0, 1.0, 5.0)
    assert spread([4.0, 2.0]) == Spread(3.0, 2.0, 4.0)


def test_ratios_are_paired_before_their_median_is_taken() -> None:
    # a slow second round halves both; the medians' own ratio would be the same, the spread would not
    assert ratios([10.0, 5.0, 12.0], [2.0, 1.0, 3.0]) == Spread(5.0, 4.0, 5.0)


def test_without_a_figure_a_round_there_is_no_ratio() -> None:
    assert ratios([], []) is None
    assert ratios([1.0, 2.0], [1.0]) is None
