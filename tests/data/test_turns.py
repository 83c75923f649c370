"""Classes take turns: the first n of sorted images are of as many classes as n images can be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gossamer.data import in_turns


@given(labels=st.lists(st.integers(0, 6), max_size=40), n=st.integers(0, 40))
def test_the_first_few_are_dealt_evenly(labels: list[int], n: int) -> None:
    order = in_turns(np.array(labels, np.int64))
    assert sorted(order) == list(range(len(labels)))
    taken = [labels[place] for place in order[:n]]
    for label in set(labels):
        first = [place for place in order if labels[place] == label]
        assert first == sorted(first)
        # no class has fewer than another, unless it has no more
        assert taken.count(label) >= min(labels.count(label), max(map(taken.count, taken), default=0) - 1)
