"""Cells and the rule that picks one of them."""

from itertools import permutations
from math import isnan, nan
from statistics import mean, stdev

import pytest

from gossamer.errors import GossamerError
from gossamer.network import Architecture
from gossamer.search import RULES, Cell, grid, select
from gossamer.training import Epoch

SMALL, LARGE = "gap dense", "pool dense"


def cell(
    *folds: tuple[float, float],
    rate: float = 0.1,
    batch: int = 32,
    words: str = SMALL,
    epochs: int = 1,
    end: int | None = None,
    balanced: float | None = None,
    macro_f1: float | None = None,
) -> Cell:
    """A cell whose folds ended with these (loss, accuracy), after better epochs if there were more."""
    network = Architecture.parse(words, (8, 8, 1), 10)
    (setting,) = grid([network], {"learning_rate": [rate], "batch_size": [batch], "epochs": [end or epochs]})
    return Cell(
        setting,
        tuple(
            (
                *(Epoch(number, 0, 0, loss / 2 + number, 1.0, 1.0, 1.0) for number in range(1, epochs)),
                Epoch(epochs, 0, 0, loss, accuracy, balanced or accuracy, macro_f1 or accuracy),
            )
            for loss, accuracy in folds
        ),
    )


# the rule, the losers, the winner, which wins in whatever order they stand
CHOICES: dict[str, tuple[str, list[Cell], Cell]] = {
    "the lowest mean loss": (
        "loss",
        [cell((0.1, 0.9), (0.6, 0.9)), cell((0.4, 0.99), (0.4, 0.99))],
        cell((0.3, 0.5), (0.3, 0.5)),
    ),
    "the highest mean accuracy": (
        "accuracy",
        [cell((0.1, 0.9), (0.1, 0.8)), cell((0.4, 0.99), (0.4, 0.6))],
        cell((0.7, 0.9), (0.7, 0.9)),
    ),
    "a tie: the larger batch": ("loss", [cell((0.3, 0.5), batch=16, rate=9.0)], cell((0.3, 0.5), batch=32)),
    "a tie of batches: the larger rate": (
        "loss",
        [cell((0.3, 0.5), rate=0.01, words=SMALL)],
        cell((0.3, 0.5), rate=0.1, words=LARGE),
    ),
    "a tie of rates: the smaller network": (
        "loss",
        [cell((0.3, 0.5), words=LARGE)],
        cell((0.3, 0.5), words=SMALL),
    ),
    "a tie of accuracies: the larger batch, whatever the loss": (
        "accuracy",
        [cell((0.1, 0.5), batch=16)],
        cell((0.3, 0.5), batch=32),
    ),
    "the highest balanced accuracy, whatever the accuracy": (
        "balanced-accuracy",
        [cell((0.1, 0.99), balanced=0.5, macro_f1=0.9)],
        cell((0.7, 0.9), balanced=0.8, macro_f1=0.4),
    ),
    "the highest macro-F1, whatever the rest": (
        "macro-f1",
        [cell((0.1, 0.99), balanced=0.9, macro_f1=0.5)],
        cell((0.7, 0.9), balanced=0.5, macro_f1=0.8),
    ),
    "the highest accuracy, whatever the balanced one": (
        "accuracy",
        [cell((0.7, 0.9), balanced=0.8, macro_f1=0.8)],
        cell((0.1, 0.99), balanced=0.5, macro_f1=0.4),
    ),
    "no diverged cell, by loss": ("loss", [cell((nan, 0.9), (0.1, 0.9))], cell((9.0, 0.1), (9.0, 0.1))),
    "no diverged cell, by accuracy": (
        "accuracy",
        [cell((nan, 1.0), (0.1, 1.0))],
        cell((9.0, 0.1), (9.0, 0.1)),
    ),
    # the best has losses 0.2 and 0.4: mean 0.3, spread 0.1414, standard error 0.1414 / sqrt(2) = 0.1
    "within one standard error: the smallest network": (
        "one-se",
        [cell((0.2, 0.5), (0.4, 0.5), words=LARGE, batch=64), cell((0.41, 0.9), (0.41, 0.9), batch=99)],
        cell((0.39, 0.5), (0.39, 0.5), words=SMALL, batch=16),
    ),
    "within one standard error, networks alike: the larger batch": (
        "one-se",
        [cell((0.2, 0.5), (0.4, 0.5), batch=16), cell((0.3, 0.5), (0.31, 0.5), batch=32, rate=9.0)],
        cell((0.39, 0.5), (0.39, 0.5), batch=64, rate=0.01),
    ),
    "within one standard error, networks and batches alike: the larger rate": (
        "one-se",
        [cell((0.2, 0.5), (0.4, 0.5), rate=0.01), cell((0.3, 0.5), (0.31, 0.5), rate=0.05)],
        cell((0.39, 0.5), (0.39, 0.5), rate=0.1),
    ),
    "none within one standard error: the best": (
        "one-se",
        [cell((0.41, 0.5), (0.41, 0.5), words=SMALL, batch=64, rate=9.0)],
        cell((0.2, 0.5), (0.4, 0.5), words=LARGE),
    ),
    "the best cell's standard error, not another's": (
        "one-se",
        [cell((0.1, 0.5), (0.9, 0.5), batch=64)],
        cell((0.3, 0.5), (0.31, 0.5), batch=32),
    ),
    "a best cell that does not vary stands alone": (
        "one-se",
        [cell((0.31, 0.5), (0.31, 0.5), batch=64)],
        cell((0.3, 0.5), (0.3, 0.5), batch=32),
    ),
    "equals of which one varies: its batch is the larger, so its standard error counts": (
        "one-se",
        [cell((0.375, 0.5), (0.375, 0.5), batch=32), cell((0.25, 0.5), (0.5, 0.5), batch=64)],
        cell((0.45, 0.5), (0.45, 0.5), batch=128),
    ),
    # four folds, spread 0.1155: the standard error is 0.0577, where two folds' would be 0.0816
    "more folds, a smaller standard error": (
        "one-se",
        [cell(*[(0.37, 0.5)] * 4, batch=64)],
        cell((0.2, 0.5), (0.4, 0.5), (0.2, 0.5), (0.4, 0.5), batch=32),
    ),
    "no diverged cell, by one-se": (
        "one-se",
        [cell((nan, 0.5), (0.1, 0.5), batch=99)],
        cell((0.3, 0.5), (0.4, 0.5)),
    ),
    "the last epoch counts, not the best": (
        "loss",
        [cell((0.4, 0.9), epochs=3)],
        cell((0.39, 0.9), epochs=3),
    ),
    "only those trained the longest": (
        "loss",
        [cell((0.1, 0.9), epochs=2, end=3), cell((0.4, 0.9), epochs=3)],
        cell((0.3, 0.9), epochs=3),
    ),
}


@pytest.mark.parametrize("case", CHOICES)
def test_the_rule_picks(case: str) -> None:
    rule, losers, winner = CHOICES[case]
    for cells in permutations([*losers, winner]):
        assert select(cells, rule) is winner


@pytest.mark.parametrize("rule", RULES)
def test_when_every_cell_diverged_the_error_says_what_to_try(rule: str) -> None:
    with pytest.raises(GossamerError) as caught:
        select([cell((nan, 0.1), (0.3, 0.1)), cell((nan, 0.1), (nan, 0.1))], rule)
    assert str(caught.value) == "every setting diverged (its loss is NaN); try lower learning rates"


def test_a_cell_whose_journal_lacks_the_metric_cannot_win_by_it() -> None:
    lacking, worse = cell((0.1, 0.9), macro_f1=nan), cell((0.3, 0.5))
    assert select([lacking, worse], "macro-f1") is worse
    assert select([lacking, worse], "loss") is lacking
    with pytest.raises(GossamerError) as caught:
        select([lacking], "macro-f1")
    assert str(caught.value) == "every setting has a fit without val_macro_f1; try another rule or --out"


def test_a_cells_figures_are_means_and_sample_deviations_over_its_folds() -> None:
    losses, accuracies = (0.25, 0.75, 0.5), (0.5, 1.0, 0.75)
    found = cell(*zip(losses, accuracies, strict=True), epochs=3)
    assert found.mean_val_loss == pytest.approx(mean(losses))
    assert found.mean_val_accuracy == pytest.approx(mean(accuracies))
    assert found.std_val_loss == pytest.approx(stdev(losses))
    assert found.std_val_accuracy == pytest.approx(stdev(accuracies))
    # the first epoch's losses were half the last one's plus 1, the second's half plus 2
    assert [epoch.epoch for epoch in found.best] == [3, 3, 3]
    assert [epoch.epoch for epoch in found.last] == [3, 3, 3]


def test_the_best_epoch_stands_beside_the_last() -> None:
    found = cell((4.0, 0.5), (6.0, 0.5), epochs=2)
    assert [epoch.epoch for epoch in found.best] == [1, 1]
    assert [epoch.epoch for epoch in found.last] == [2, 2]
    assert found.mean_val_loss == 5
    assert found.mean_best_val_loss == 3.5
    assert found.mean_best_val_accuracy == 1


def test_a_diverged_cell_has_figures_that_are_no_numbers() -> None:
    found = cell((nan, 0.1), (0.3, 0.2))
    assert isnan(found.mean_val_loss)
    assert isnan(found.std_val_loss)
    assert found.mean_val_accuracy == pytest.approx(0.15)


@pytest.mark.parametrize("rule", RULES)
def test_a_cell_alone_wins(rule: str) -> None:
    alone = cell((0.3, 0.5), (0.4, 0.6))
    assert select([alone], rule) is alone


def test_one_standard_error_is_decided_by_the_loss() -> None:
    accurate, low = cell((0.9, 0.9), (0.8, 0.9), batch=64), cell((0.3, 0.1), (0.4, 0.1))
    assert select([accurate, low], "one-se") is low
    assert RULES["one-se"].metric is RULES["loss"].metric
