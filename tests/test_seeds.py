"""Derived randomness: frozen for ever, and another stream for every name."""

from hashlib import sha256

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gossamer.seeds import Part, derive_seed, stream

PARTS = st.lists(st.text(max_size=3) | st.integers(), max_size=4)


def test_the_streams_are_frozen() -> None:
    """Were one of these values to change, so would every fold, weight and order of every study."""
    seed = derive_seed("gossamer", 0)
    assert seed == "fb7897bb7ba34be95beab2e8bf1743e0"
    assert stream(seed).permutation(8).tolist() == [5, 2, 0, 3, 6, 7, 4, 1]
    np.testing.assert_allclose(stream(seed).standard_normal(3), [1.01245614, -0.60455605, 0.60122661])
    np.testing.assert_allclose(stream(seed).uniform(size=2), [0.02181744, 0.33182303], atol=5e-9)
    many = stream(seed).permutation(60_000).astype("<i8")
    assert sha256(many.tobytes()).hexdigest()[:16] == "8f84f7b43eade8aa"


@given(one=PARTS, other=PARTS)
def test_other_parts_give_another_seed(one: list[Part], other: list[Part]) -> None:
    """Not even parts that spell the same differ by luck: 1 is not "1", ("a", "b") not ("ab",)."""
    assert (derive_seed(*one) == derive_seed(*other)) == (one == other)
    assert derive_seed(*one) != derive_seed(*one, "") != derive_seed("", *one, "")


@given(number=st.integers())
def test_a_number_and_its_text_are_different_parts(number: int) -> None:
    assert derive_seed("fold", number) != derive_seed("fold", str(number))


def test_every_call_gives_a_new_independent_stream() -> None:
    seed = derive_seed("fresh")
    before = np.random.get_state()  # noqa: NPY002 - the global stream is what must stay as it was
    first = stream(seed).standard_normal(100)
    np.testing.assert_array_equal(stream(seed).standard_normal(100), first)
    after = np.random.get_state()  # noqa: NPY002
    assert repr(before) == repr(after)
    others = {derive_seed("fresh", number) for number in range(100)}
    assert len({stream(other).standard_normal() for other in others}) == 100
