"""The corrected resampled t-test: against pencil and paper, SciPy, and chance."""

import random
from statistics import fmean

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_rel

from gossamer.stats.resampled_t_test import corrected_t_test

# In steps of a thousandth, so that no two differ by rounding alone.
DIFFERENCES = st.lists(st.integers(-500, 500).map(lambda n: n / 1000), min_size=2, max_size=20)
RATIOS = st.sampled_from([0.0, 1 / 9, 1 / 4, 1.0])


def test_an_example_done_by_hand() -> None:
    # Five folds of one image to four: mean 15 / 5 = 3; squares of deviations 4 + 1 + 0 + 1 + 4 = 10, so
    # variance 10 / 4 = 2.5; times 1/5 + 1/4 = 0.45 is 1.125, whose root is 1.06066; t = 3 / 1.06066 =
    # 2.828427 = sqrt(8) on 4 degrees of freedom. Student's distribution for 4 degrees has the closed form
    # P(T > t) = 1/2 - u / 2 (3 - u^2) / 2 with u = t / sqrt(4 + t^2) = sqrt(8 / 12) = 0.816497, hence
    # P = 1/2 - 0.408248 * 1.166667 = 0.023711, twice that is 0.047421. A table has 2.776445 for
    # 97.5 % at 4 degrees: the interval reaches 2.776445 * 1.06066 = 2.944865 to either side.
    found = corrected_t_test([1, 2, 3, 4, 5], 1 / 4)
    assert found.mean == 3
    assert found.p == pytest.approx(0.047421, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((3 - 2.944865, 3 + 2.944865), abs=1e-6)


def test_two_folds_done_by_hand() -> None:
    # mean 2, variance 2, times 1/2 + 1 = 3, t = 2 / sqrt(3) on 1 degree of freedom: Cauchy's distribution,
    # P(|T| > t) = 1 - 2 / pi * atan(t) = 1 - 0.636620 * 0.857072 = 0.454371
    assert corrected_t_test([1, 3], 1.0).p == pytest.approx(0.454371, abs=1e-6)


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30))
def test_without_the_correction_it_is_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    differences = [theirs - ours for theirs, ours in pairs]
    assume(np.std(differences) > 1e-6)  # SciPy loses the digits of smaller ones
    found, expected = corrected_t_test(differences, 0), ttest_rel(*np.array(pairs).T)
    assert found.p == pytest.approx(float(expected.pvalue), rel=1e-6)
    interval = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


@given(differences=DIFFERENCES, ratio=RATIOS, seed=st.integers(0, 99))
def test_the_order_of_the_folds_does_not_matter(differences: list[float], ratio: float, seed: int) -> None:
    shuffled = random.Random(seed).sample(differences, len(differences))  # noqa: S311
    assert corrected_t_test(shuffled, ratio) == corrected_t_test(differences, ratio)


@given(differences=DIFFERENCES, ratio=RATIOS)
def test_the_other_way_round_it_is_the_mirror_image(differences: list[float], ratio: float) -> None:
    here, there = corrected_t_test(differences, ratio), corrected_t_test([-d for d in differences], ratio)
    assert (there.mean, there.low, there.high, there.p) == (-here.mean, -here.high, -here.low, here.p)


@given(differences=DIFFERENCES, ratio=RATIOS, factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_does_not_matter(differences: list[float], ratio: float, factor: float) -> None:
    here, there = (corrected_t_test([d * f for d in differences], ratio) for f in (1, factor))
    assert there.p == pytest.approx(here.p, rel=1e-9)
    assert (there.low, there.high) == pytest.approx((factor * here.low, factor * here.high), rel=1e-9)


@given(differences=DIFFERENCES, ratio=RATIOS)
def test_the_interval_holds_0_just_where_p_is_above_5_percent(differences: list[float], ratio: float) -> None:
    found = corrected_t_test(differences, ratio)
    assert found.low <= found.mean <= found.high
    assert 0 <= found.p <= 1
    assume(abs(found.p - 0.05) > 1e-9)
    assert (found.low <= 0 <= found.high) == (found.p > 0.05)


@given(differences=DIFFERENCES)
def test_more_shared_images_prove_less(differences: list[float]) -> None:
    found = [corrected_t_test(differences, ratio) for ratio in (0, 1 / 9, 1 / 4, 1 / 2, 1)]
    assert [each.p for each in found] == sorted(each.p for each in found)
    widths = [each.high - each.low for each in found]
    assert widths == pytest.approx(sorted(widths))


def test_a_larger_difference_proves_more() -> None:
    shape = [-0.02, 0.01, 0.0, 0.03, -0.01]
    found = [corrected_t_test([d + shift for d in shape], 1 / 4).p for shift in (0.0, 0.01, 0.05, 0.5)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("folds", [2, 5, 15])
def test_folds_without_any_difference_prove_nothing(folds: int) -> None:
    found = corrected_t_test([0.0] * folds, 1 / 4)
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)


@pytest.mark.parametrize("folds", [2, 5, 15])
@pytest.mark.parametrize("difference", [0.1, -0.1])
def test_equal_differences_on_all_folds_have_the_limits_p(folds: int, difference: float) -> None:
    found = corrected_t_test([difference] * folds, 1 / 4)
    assert (found.mean, found.low, found.high, found.p) == (difference, difference, difference, 0)
    # the limit: the last bit is as good as none
    nearly = corrected_t_test([difference] * (folds - 1) + [np.nextafter(difference, 1)], 1 / 4)
    assert nearly.p == pytest.approx(0, abs=1e-12)


def test_one_fold_is_no_sample() -> None:
    with pytest.raises(ValueError, match="at least two"):
        corrected_t_test([0.1], 1)


# Of 2,000 draws at a true rate of 5 %, the share found strays by 0.5 % (one standard deviation): the
# bounds below are four of them away. The draws are seeded, so a bound that holds once holds for ever.
DRAWS, NOISE = 2_000, 4 * (0.05 * 0.95 / 2_000) ** 0.5


@pytest.mark.parametrize(("folds", "ratio"), [(2, 1.0), (5, 1 / 4), (10, 1 / 9)])
def test_it_keeps_its_level_on_folds_with_the_assumed_correlation(folds: int, ratio: float) -> None:
    """The correction takes the folds' correlation for n_val / (n_val + n_train); drawn so, 5 % is 5 %."""
    alike, draw = ratio / (1 + ratio), np.random.default_rng(0)
    noise = draw.normal(size=(DRAWS, folds)) * (1 - alike) ** 0.5
    differences = noise + draw.normal(size=(DRAWS, 1)) * alike**0.5
    rate = fmean(corrected_t_test(each, ratio).p < 0.05 for each in differences.tolist())
    assert abs(rate - 0.05) < NOISE
    plain = np.mean(ttest_1samp(differences, 0, axis=1).pvalue < 0.05)
    assert plain > 0.05 + NOISE  # what the correction is for


def test_it_keeps_its_level_on_real_folds() -> None:
    """Two learners, equally good: each predicts its own column's mean, and its loss is the squared error.

    The columns are alike by construction, so no learner is better, and every rejection is wrong.
    """
    draw = np.random.default_rng(1)
    columns = draw.exponential(size=(DRAWS, 5, 8, 2))  # D draws, 5 folds of 8 rows, 2 columns
    totals = columns.sum(axis=2)
    means = (totals.sum(axis=1, keepdims=True) - totals) / 32  # of the other folds
    losses = ((columns - means[:, :, None]) ** 2).mean(axis=2)  # (D, folds, 2)
    rate = fmean(
        corrected_t_test(each, 1 / 4).p < 0.05 for each in (losses[..., 0] - losses[..., 1]).tolist()
    )
    assert rate < 0.05 + NOISE
