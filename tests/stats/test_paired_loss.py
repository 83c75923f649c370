"""The limit of a paired loss: it falls with the number of images, and holds as often as it says."""

from math import isnan

import numpy as np
import pytest

from gossamer.stats.paired_loss import largest_likely_loss


def answers(n: int, lost: int, gained: int) -> tuple[np.ndarray, np.ndarray]:
    """n images of which `lost` are right before alone and `gained` after alone."""
    before, after = np.ones(n, bool), np.ones(n, bool)
    after[:lost] = False
    before[lost : lost + gained] = False
    return before, after


def test_known_limits() -> None:
    z = 1.6448536
    assert largest_likely_loss(*answers(1000, 0, 0)) == pytest.approx(z * z / (1000 + z * z))
    # many images: the difference and 1.645 of its standard deviations
    wald = 0.01 + z * np.sqrt((0.03 - 0.01**2) / 100_000)
    assert largest_likely_loss(*answers(100_000, 2_000, 1_000)) == pytest.approx(wald, abs=2e-5)
    assert largest_likely_loss(*answers(40, 40, 0)) == 1
    assert largest_likely_loss(*answers(40, 0, 40)) < -0.85


def test_few_images_show_little() -> None:
    limits = [largest_likely_loss(*answers(n, 0, 0)) for n in (10, 100, 326, 10_000)]
    assert limits == sorted(limits, reverse=True)
    assert limits[1] > 0.01 > limits[2]


def test_no_images_show_nothing() -> None:
    none = np.zeros(0, bool)
    assert isnan(largest_likely_loss(none, none))


@pytest.mark.parametrize(("lost", "gained"), [(0.01, 0.01), (0.03, 0.01), (0.002, 0.0)])
def test_the_true_loss_lies_below_it_19_times_in_20(lost: float, gained: float) -> None:
    random = np.random.default_rng(0)
    below = 0
    for _ in range(2_000):
        draws = random.random(1_000)
        before, after = draws >= gained, draws < 1 - lost
        below += lost - gained <= largest_likely_loss(before, after)
    assert below / 2_000 > 0.93
