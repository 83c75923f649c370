"""The networks that `make networks` trains, their bound, and their table."""

import pytest

from benchmarks.networks import CASES, Case, Row, bound, markdown, short_markdown
from benchmarks.run import NETWORK


def test_the_cases_are_networks_and_the_first_is_the_report_s() -> None:
    assert CASES[0].words == NETWORK
    parameters = [case.network.parameters for case in CASES]
    assert parameters[0] == 20_490
    assert parameters[-3:] == [20_270, 20_058, 78_042]


@pytest.mark.parametrize(
    ("words", "multiply_adds"),
    [
        # the image has no gradient: forward, and a quarter of the weights' gradient behind the pool
        ("conv4 pool dense", 8 * 8 * 4 * 9 * 1.25 + 3 * 4 * 4 * 4 * 10),
        # Winograd behind the first layer, but not in the backward pass that leaves out zeros
        ("conv4k1 conv4 pool dense", 8 * 8 * (4 * 2 + 16 * 9 * (1 / 2.25 + 2 / 4)) + 3 * 4 * 4 * 4 * 10),
        ("conv4k1 conv4 dense", 8 * 8 * (4 * 2 + 16 * 9 * 3 / 2.25) + 3 * 8 * 8 * 4 * 10),
        ("conv4k1 dense", 8 * 8 * 4 * 2 + 3 * 8 * 8 * 4 * 10),
        ("conv4s2 dense", 4 * 4 * 4 * 9 * 2 + 3 * 4 * 4 * 4 * 10),  # Winograd has stride 1
        ("bn conv4 pool dense", 8 * 8 * 4 * 9 * 2 + 3 * 4 * 4 * 4 * 10),  # a norm before the pool
        ("dw pool dense", 8 * 8 * 9 * 2 + 3 * 4 * 4 * 10),
    ],
)
def test_the_bound_counts_what_no_computation_saves(words: str, multiply_adds: float) -> None:
    assert bound(Case(words, (8, 8, 1), 16).network) == pytest.approx(multiply_adds)


def test_the_table_holds_the_native_engine_against_the_best_of_the_others() -> None:
    case = Case("conv4k1 dense", (8, 8, 1), 16)
    row = Row(case, [300.0, 200.0, 400.0], {"slow, 1 thread": [10.0] * 3, "fast, 1 thread": [100.0] * 3})
    text = markdown([row, row], 1e6, 1, ["- Date: today"])
    assert "| `conv4k1 dense` | 8x8x1 | 16 | 300 | 100 | fast | 3.00 (2.00 to 4.00) |" in text
    assert "Geometric mean of the ratios: 3.00." in text


def test_several_threads_are_held_against_one() -> None:
    case = Case("conv4k1 dense", (8, 8, 1), 16)
    row = Row(case, [300.0], {"fast, 2 threads": [100.0]}, single=[200.0])
    text = markdown([row], 1e6, 2, ["- Date: today"])
    assert "| 3.00 (3.00 to 3.00) | 123% | 1.50 (1.50 to 1.50) |" in text


def test_the_short_table_has_medians_and_the_machine() -> None:
    case = Case("bn conv4 (conv4 |) gap dense", (8, 8, 1), 16)
    row = Row(case, [300.0, 200.0, 400.0], {"fast, 2 threads": [100.0] * 3})
    text = short_markdown([row], 2, "Some processor")
    assert "| `bn conv4 (conv4 \\|) gap dense` | 300 | 100 | 3.0 (2.0 to 4.0) |" in text
    assert text.endswith("Some processor, 2 threads. Geometric mean of the ratios: 3.00.")
