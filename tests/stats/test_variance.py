"""Two-way analysis of variance, against tables done by hand."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from gossamer.stats.variance import variance_shares

TABLES = arrays(
    np.float64, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(-50, 50).map(float)
)

# table: sums of squares of rows, columns, interaction, done with pencil and paper
BY_HAND: list[tuple[list[list[float]], tuple[float, float, float]]] = [
    ([[1, 2], [3, 4]], (4, 1, 0)),
    ([[0, 0], [0, 4]], (4, 4, 4)),
    ([[1, 1, 1], [4, 4, 4]], (13.5, 0, 0)),
    ([[1, 2], [2, 1]], (0, 0, 1)),
    ([[1, 2, 3], [4, 8, 6], [7, 2, 9]], (32, 8, 28)),
]


@pytest.mark.parametrize(("table", "squares"), BY_HAND)
def test_tables_done_by_hand(table: list[list[float]], squares: tuple[float, float, float]) -> None:
    shares = variance_shares(np.array(table, np.float64))
    assert shares is not None
    total = sum(squares)
    expected = [part / total for part in squares]
    assert [shares.rows, shares.columns, shares.interaction] == pytest.approx(expected, abs=1e-12)


@given(table=TABLES, shift=st.integers(-9, 9), factor=st.integers(1, 9))
def test_shares_add_up_whatever_the_table(table: NDArray[np.float64], shift: int, factor: int) -> None:
    shares = variance_shares(table)
    assume(shares is not None)
    assert shares is not None
    found = [shares.rows, shares.columns, shares.interaction]
    assert sum(found) == pytest.approx(1)
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in found)
    turned = variance_shares(table.T)
    moved = variance_shares(table * factor + shift)
    assert turned is not None
    assert moved is not None
    assert [turned.columns, turned.rows, turned.interaction] == pytest.approx(found, abs=1e-9)
    assert [moved.rows, moved.columns, moved.interaction] == pytest.approx(found, abs=1e-9)


@given(
    rows=st.lists(st.integers(-9, 9), min_size=2, max_size=5), columns=st.tuples(*[st.integers(-9, 9)] * 3)
)
def test_a_sum_of_rows_and_columns_has_no_interaction(rows: list[int], columns: tuple[int, ...]) -> None:
    shares = variance_shares(np.add.outer(np.array(rows, np.float64), np.array(columns, np.float64)))
    assume(shares is not None)
    assert shares is not None
    assert shares.interaction == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "table",
    [
        [[1.0, nan], [2.0, 3.0]],
        [[1.0, inf], [2.0, 3.0]],
        [[1.0, 2.0, 3.0]],
        [[1.0], [2.0]],
        [[5.0, 5.0], [5.0, 5.0]],
        [[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]],
    ],
)
def test_a_table_without_variance_has_no_shares(table: list[list[float]]) -> None:
    assert variance_shares(np.array(table)) is None
